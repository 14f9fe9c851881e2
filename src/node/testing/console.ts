import { onTestFinished, vi } from 'vitest';

/**
 * Takes what nodes say on the console from now to the end of the test. The answer: what was said so far, each thing once.
 * For a test in which something fails on purpose, and nothing else may.
 */
export function listen(): () => string[] {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => said.mockRestore());
  return () => [...new Set(said.mock.calls.map((parts) => parts.map(inWords).join(': ')))];
}

const inWords = (part: unknown): string => (part instanceof Error ? part.message : String(part));

/** What the node of a process says that was killed in a write. */
export const KILLED = 'subsystem storage failed: the process of this store has ended';
