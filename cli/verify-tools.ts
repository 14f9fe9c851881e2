import { loadCedar } from './home/cedar';
import { runVerify } from './verify';

/** `sovereign verify` in this terminal. */
export const verifyHere = (args: readonly string[]): Promise<number> =>
  runVerify(args, {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    ...(process.stderr.isTTY ? { progress: (text: string) => void process.stderr.write(text) } : {}),
    loadCedar,
  });
