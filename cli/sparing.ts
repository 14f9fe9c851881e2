import { setFlagsFromString } from 'node:v8';

/**
 * Tells V8 to do with little memory, before anything is verified: of what it takes by default, 60 MB are not the log's.
 * Only Node 20's (V8 11) is told, by whose figures these were chosen; a flag that another one does not know would be
 * complained of on stderr.
 */
export function spareMemory(): void {
  if (!process.versions.v8.startsWith('11.')) return;
  // The policy engine is 4 MB of code, most of which is run once: to parse policies. It is optimised by one thread in
  // place of several, each with its own memory, and only where it is run ten times as much as by default.
  setFlagsFromString('--wasm-num-compilation-tasks=1');
  setFlagsFromString('--wasm-tiering-budget=18000000');
  // What is made of an entry is gone at the next: it needs no young generation that grows to 48 MB.
  setFlagsFromString('--semi-space-growth-factor=1');
}
