import { setFlagsFromString } from 'node:v8';
import type { NodeOptions } from '../../src/node/types';

/**
 * Cedar as Node loads it. V8 11 (Node 20) inlines calls into WASM that take references, and aborts the whole process
 * ("unreachable code") when such a caller is deoptimised during the call; so it is told not to. Later V8s are mended.
 */
export const loadCedar: NodeOptions['loadCedar'] = () => {
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--no-turbo-inline-js-wasm-calls');
  return import('@cedar-policy/cedar-wasm/nodejs');
};
