import { createInterface } from 'node:readline/promises';

/** The person at the other end, or a pipe. Tests hand in another. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether somebody can be asked. */
  readonly interactive: boolean;
  /** One line of answer, or undefined when the input ended or `signal` aborted. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>;
  /** Calls back at Ctrl-C (and at a polite kill) in place of ending the process; the answer ends that. */
  onInterrupt(listener: () => void): () => void;
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  interactive: process.stdin.isTTY && process.stdout.isTTY,
  async ask(question, signal) {
    const lines = createInterface({ input: process.stdin, output: process.stdout });
    // In raw mode Ctrl-C is a key: readline sees it first, and nobody else would.
    lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
    try {
      const ended = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
      const answer = lines.question(question, { signal }).catch((error: unknown) => {
        if (signal.aborted) return undefined;
        throw error;
      });
      return await Promise.race([answer, ended]);
    } finally {
      lines.close();
    }
  },
  onInterrupt(listener) {
    // Once: a second Ctrl-C ends the process as usual, and nothing acknowledged is lost by it.
    process.once('SIGINT', listener);
    process.once('SIGTERM', listener);
    return () => {
      process.off('SIGINT', listener);
      process.off('SIGTERM', listener);
    };
  },
};
