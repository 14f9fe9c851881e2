import { loadCedar } from './home/cedar';
import { spareMemory } from './sparing';
import { runVerify } from './verify';

/** `sovereign verify` in this terminal. */
export function verifyHere(args: readonly string[]): Promise<number> {
  spareMemory();
  return runVerify(args, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    ...(process.stderr.isTTY ? { progress: (text: string) => void process.stderr.write(text) } : {}),
    loadCedar,
  });
}
