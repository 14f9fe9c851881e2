/** What all that this node asks of other servers has in common. */
import { concat } from '../crypto';
import type { DelegatedRun, Evidence } from '../mesh/delegate';
import type { JsonObject } from '../protocol/json';

/** As nobody: without cookies, led nowhere else, and from no cache. */
export const AS_NOBODY: Readonly<RequestInit> = {
  credentials: 'omit',
  redirect: 'error',
  referrerPolicy: 'no-referrer',
  cache: 'no-store',
};

/** A body that is longer than whoever asked can use. */
export class TooLong extends Error {
  override readonly name = 'TooLong';
}

/** The bytes of an answer. @throws TooLong past `most`, without reading on */
export async function readBody(response: Response, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  for (let length = 0; reader;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new TooLong('its answer is too long');
    }
    parts.push(value);
  }
  return concat(...parts);
}

export interface ContentWanted {
  sha256: string;
  /** More is refused before it is fetched. */
  maxBytes: number;
  /** Peer ids; with none, every member that is connected. */
  peers: readonly string[];
}

/** Fetches content from members into the blob store. @returns its length, and which members gave of it */
export type FetchContent = (
  wanted: ContentWanted,
  options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
) => Promise<{ bytes: number; from: string[] }>;

export interface RunWanted {
  /** Peer id of the member that is to run it. */
  member: string;
  skill: string;
  moduleSha256: string;
  inputSha256: string;
  /** What this node's own order for it would say. */
  args: JsonObject;
  /** Of the answer alone: 32 hex characters. */
  request: string;
}

/** Has a member run a skill. @returns the run, verified, what was verified, and how much of its log was known before */
export type Delegate = (
  wanted: RunWanted,
  options: { signal: AbortSignal; onWaiting: () => void },
) => Promise<{ run: DelegatedRun; evidence: Evidence; knownSize: number }>;
