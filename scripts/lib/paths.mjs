import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const DIST = join(ROOT, 'dist');
export const APP = join(DIST, 'app');
export const RELAY = join(DIST, 'relay', 'main.mjs');
