/**
 * The relay's log: one JSON object a line. Who it is about (peer ids, addresses) is said apart from what happened, and left
 * out unless the operator asked for it: a log outlives what it tells of, and ends in places that nobody thought of.
 */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof LEVELS)[number];

type Facts = Readonly<Record<string, string | number | boolean | null>>;

/** `event`: a name in snake_case. `facts` must identify nobody; `who` is shown on request only. */
export type Log = (level: Level, event: string, facts?: Facts, who?: Facts) => void;

export interface LogOptions {
  /** What is below it is left out. */
  level: Level;
  /** Whether to say who. */
  identities: boolean;
  write: (line: string) => void;
  /** Unix time in milliseconds. */
  now: () => number;
}

export function createLog({ level: least, identities, write, now }: LogOptions): Log {
  return (level, event, facts = {}, who = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const time = new Date(now()).toISOString();
    write(`${JSON.stringify({ time, level, event, ...facts, ...(identities ? who : {}) })}\n`);
  };
}

export const silent: Log = () => undefined;

/** What may be said of an error that came from outside: its code or kind, never its words, which may name somebody. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
