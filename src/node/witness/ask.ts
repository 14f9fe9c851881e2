/** One exchange with one witness, over c2sp.org/tlog-witness. Nothing it says is believed without a signature. */
import {
  formatAddCheckpoint,
  formatSignature,
  parseCheckpoint,
  parseNote,
  sha256Text,
  verifyCosignature,
  verifyNote,
} from '../../crypto';
import type { NoteKey } from '../../crypto';
import type { Checkpoint, TreeProofs } from '../../audit';
import { LIMITS } from '../../protocol/limits';
import { AS_NOBODY, readBody } from '../fetching';

/** How this realm fetches. Given a signal, it must give up when that is aborted. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Asked {
  fetch: Fetch;
  url: string;
  key: NoteKey;
  proofs: TreeProofs;
  /** Makes this log known to a witness that takes logs by themselves; see src/witness/registration.ts. */
  registration: () => Promise<string>;
  signal: AbortSignal;
}

export type Outcome =
  /** `line`: the signature line, checked; `time`: unix seconds in it. */
  | { kind: 'cosigned'; line: string; time: number }
  /** The witness says that it saw a larger tree, or one that this checkpoint does not extend. Not proved by that. */
  | { kind: 'contradicted'; size: number | undefined }
  /** In words for the owner. */
  | { kind: 'failed'; problem: string };

/** Sizes change under our feet when two ask at once; more rounds than this are no coincidence. */
const ROUNDS = 4;

/** Asks for a cosignature of `checkpoint`. `known` is the size that the witness is believed to hold. Never rejects. */
export async function ask(asked: Asked, checkpoint: Checkpoint, known: number): Promise<Outcome> {
  try {
    let oldSize = Math.min(known, checkpoint.size);
    let registered = false;
    for (let round = 0; round < ROUNDS; round++) {
      const proof = await asked.proofs.consistency(oldSize, checkpoint.size);
      const body = formatAddCheckpoint({ oldSize, proof, checkpointNote: checkpoint.note });
      const { status, text } = await post(asked, 'add-checkpoint', body);
      if (status === 200) return await accept(text, checkpoint, asked.key);
      if (status === 422) return { kind: 'contradicted', size: undefined };
      if (status === 409) {
        const size = sizeOf(text);
        if (size === undefined) return failed('answered in a way that is not understood');
        if (size > checkpoint.size || size === oldSize) return { kind: 'contradicted', size };
        oldSize = size;
      } else if ((status === 404 || status === 403) && !registered) {
        registered = true;
        const { status: taken } = await post(asked, 'add-log', await asked.registration());
        if (taken !== 200) return failed('does not know this log; whoever runs it must add the log’s key');
      } else {
        return failed(`answered with HTTP ${status}`);
      }
    }
    return failed('kept changing its mind about the size of this log');
  } catch (error) {
    return failed(asked.signal.aborted ? 'did not answer in time' : `cannot be reached: ${(error as Error).message}`);
  }
}

async function accept(lines: string, checkpoint: Checkpoint, key: NoteKey): Promise<Outcome> {
  const note = parseNote(checkpoint.note + lines);
  const time = note && (await verifyCosignature(note, key));
  if (!note || time === undefined) return failed('answered without a valid signature by the key that is pinned for it');
  const own = note.signatures.find((s) => s.name === key.name && s.keyId === key.id)!;
  return { kind: 'cosigned', line: formatSignature(own), time };
}

/**
 * The newest checkpoint of this log that the witness holds, if it shows it and `logKey` signed it: then it proves what
 * the log once was, whoever brings it.
 */
export async function heldByWitness(asked: Asked, logKey: NoteKey): Promise<Checkpoint | undefined> {
  try {
    const answer = await get(asked, `${sha256Text(logKey.name)}/checkpoint`);
    const note = parseNote(answer);
    const body = note && parseCheckpoint(note.text);
    if (body?.origin !== logKey.name || !(await verifyNote(note!, logKey))) return undefined;
    return { ...body, note: answer };
  } catch {
    return undefined;
  }
}

/** The key that a witness of ours names. @throws when it does not answer. */
export async function get(asked: Pick<Asked, 'fetch' | 'url' | 'signal'>, name: string): Promise<string> {
  const response = await asked.fetch(`${asked.url}/${name}`, { ...AS_NOBODY, signal: asked.signal });
  if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
  return readText(response);
}

async function post(asked: Asked, name: string, body: string): Promise<{ status: number; text: string }> {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
  const init = { ...AS_NOBODY, signal: asked.signal, method: 'POST', body, headers };
  const response = await asked.fetch(`${asked.url}/${name}`, init);
  return { status: response.status, text: await readText(response) };
}

/** A body of at most what a note may be. @throws Error for a longer one, or one that is no UTF-8. */
async function readText(response: Response): Promise<string> {
  const bytes = await readBody(response, LIMITS.witnessRequestBytes);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

function sizeOf(text: string): number | undefined {
  const size = /^(0|[1-9][0-9]{0,15})\n$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(size) ? size : undefined;
}

const failed = (problem: string): Outcome => ({ kind: 'failed', problem });
