/** The closed grammar of capabilities, and what each means for a person. */

/** How far it reaches: into nothing but the run itself, into this node, or out of it. */
export type Reach = 'inside' | 'node' | 'outside';

interface Meaning {
  words: string;
  reach: Reach;
}

const SIMPLE: Readonly<Record<string, Meaning>> = {
  log: { words: 'write notes that you can read after the run', reach: 'inside' },
  progress: { words: 'say how far it is', reach: 'inside' },
  clock: { words: 'read a clock that starts at the time of its work order', reach: 'inside' },
  random: { words: 'draw random numbers, the same ones in every replay', reach: 'inside' },
  config: { words: 'read the settings that you give it', reach: 'inside' },
  'memory.read': { words: 'read this node’s memory', reach: 'node' },
  'memory.write': { words: 'write into this node’s memory', reach: 'node' },
  'mesh.send': { words: 'send messages to your other devices and to peers', reach: 'outside' },
};
const FETCH = 'http.fetch:';

/** A DNS name in lower case with at least two labels (RFC 1123), its last one not a number: no address, no wildcard, no port. */
const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const isGrant = (text: string): boolean => meaningOf(text) !== undefined;

/** "fetch from api.example.org". Only for grants that {@link isGrant} accepts. */
export const inWords = (grant: string): string => meaningOf(grant)?.words ?? grant;

/** Only for grants that {@link isGrant} accepts. */
export const reachOf = (grant: string): Reach => meaningOf(grant)?.reach ?? 'outside';

function meaningOf(grant: string): Meaning | undefined {
  if (Object.hasOwn(SIMPLE, grant)) return SIMPLE[grant];
  if (!grant.startsWith(FETCH)) return undefined;
  const host = grant.slice(FETCH.length);
  return HOST.test(host) ? { words: `fetch from ${host}`, reach: 'outside' } : undefined;
}

export interface GrantDiff {
  gained: string[];
  lost: string[];
}

/** What an upgrade changes, each list sorted. */
export function diffGrants(before: readonly string[], after: readonly string[]): GrantDiff {
  const without = (a: readonly string[], b: readonly string[]) => [...new Set(a)].filter((g) => !b.includes(g)).sort();
  return { gained: without(after, before), lost: without(before, after) };
}
