import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** Digits of the sources' digest that name a build: 48 bits, short enough to read out. */
const BUILD_DIGITS = 12;

/** What src/protocol/build-info.ts is told. @param {string} build */
export function buildConstants(build) {
  /** @type {{ version: string }} */
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return { __VERSION__: JSON.stringify(version), __BUILD__: JSON.stringify(build.slice(0, BUILD_DIGITS)) };
}
