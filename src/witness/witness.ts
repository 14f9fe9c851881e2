/**
 * A witness (c2sp.org/tlog-witness): it cosigns a log's checkpoint when it extends the last one that it cosigned, and
 * never two trees. What it promises with a signature is durable before the signature is made.
 */
import {
  base64,
  cosign,
  cosignerKey,
  equalBytes,
  formatCosignerVkey,
  formatSignature,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  sha256Text,
  verifyNote,
} from '../crypto';
import type { AddCheckpoint, CheckpointBody, Note, NoteKey, Signer } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { Clock } from '../protocol/runtime';
import { decide } from './decide';
import { ForkBook } from './forks';
import { LogBook } from './logs';
import { readRegistration } from './registration';
import { WitnessError } from './types';
import type { Fork, Reply, WitnessStore } from './types';

const HEAD = 'head/';

export interface WitnessOptions {
  /** Its name in signatures: a URL without its scheme, so that it is like no other's. */
  name: string;
  signer: Signer;
  clock: Clock;
  store: WitnessStore;
  /** Logs that it serves whatever else is set; C2SP's own way. */
  logs: readonly NoteKey[];
  /** Whether nodes may register their logs. */
  open: boolean;
  /** Hears of each fork as it is kept. */
  onFork?: (fork: Fork) => void;
}

interface Head extends CheckpointBody {
  note: string;
}

/** A request taken apart, its signature checked. */
interface Offer extends Pick<AddCheckpoint, 'oldSize' | 'proof'> {
  body: CheckpointBody;
  text: string;
  /** The note with the log's own lines alone. */
  note: string;
}

export class Witness {
  readonly vkey: string;
  readonly #options: WitnessOptions;
  readonly #logs: LogBook;
  readonly #forks: ForkBook;
  readonly #heads = new Map<string, Head>();
  readonly #byHash = new Map<string, Head>();
  /** The last turn of each log: one request at a time decides, stores and signs. */
  readonly #turns = new Map<string, Promise<unknown>>();

  /** @throws WitnessError `state_broken` */
  constructor(options: WitnessOptions) {
    const { store } = options;
    this.#options = options;
    this.vkey = formatCosignerVkey(cosignerKey(options.name, options.signer.publicKey));
    this.#logs = new LogBook(options.logs, store);
    this.#forks = new ForkBook(store);
    for (const key of store.keys(HEAD)) this.#keep(readHead(store.get(key)!, key.slice(HEAD.length)));
  }

  /** Evidence against logs, oldest first within each. */
  forks(): Fork[] {
    return this.#forks.list();
  }

  /** The newest checkpoint that was cosigned for the log whose origin has this SHA-256 (hex); the log's lines only. */
  checkpoint(originSha256: string): string | undefined {
    return this.#byHash.get(originSha256)?.note;
  }

  /** The newest heads that were cosigned for logs whose origin begins so. */
  heads(prefix: string): CheckpointBody[] {
    return [...this.#heads.values()].filter(({ origin }) => origin.startsWith(prefix));
  }

  /** `POST add-checkpoint`. */
  async addCheckpoint(request: Uint8Array): Promise<Reply> {
    const parsed = parseAddCheckpoint(request);
    const note = parsed && parseNote(parsed.checkpointNote);
    const body = note && parseCheckpoint(note.text);
    if (!body || note.text.length > LIMITS.witnessTextBytes) return text(400, 'This is no add-checkpoint request.');
    const keys = this.#logs.keysOf(body.origin);
    if (keys.length === 0) return text(404, 'This witness does not know the log.');
    const own = await linesOf(note, keys);
    if (own === '') return text(403, 'The checkpoint is not signed by a key that this witness knows for the log.');
    if (parsed.oldSize > body.size) return text(400, 'The old size is larger than the checkpoint.');
    const offer = { oldSize: parsed.oldSize, proof: parsed.proof, body, text: note.text, note: `${note.text}\n${own}` };
    return this.#inTurn(body.origin, () => this.#consider(offer));
  }

  /**
   * `POST add-log`: a node makes its log known. See registration.ts.
   * @param asker the node key of who asks, where that is proven: it registers logs of its own alone, and only so many
   */
  async addLog(request: Uint8Array, asker?: Uint8Array): Promise<Reply> {
    if (!this.#options.open) return text(403, 'This witness serves only the logs it was configured with.');
    const found = await readRegistration(request);
    if (!found) return text(400, 'This is no registration of a node log.');
    if (asker && !equalBytes(asker, found.node)) return text(403, 'This is the log of another node.');
    const outcome = await this.#logs.register(found.log, asker && LIMITS.witnessLogsPerMember);
    return outcome === 'full'
      ? text(503, 'This witness takes no more logs.')
      : text(200, 'This witness knows the log.');
  }

  async #consider(offer: Offer): Promise<Reply> {
    const { body } = offer;
    const held = this.#heads.get(body.origin);
    const decision = decide(held, offer, body);
    switch (decision.kind) {
      case 'conflict':
        if (decision.fork) await this.#accuse(held!, offer, true);
        return { status: 409, type: 'text/x.tlog.size', body: `${decision.size}\n` };
      case 'inconsistent':
        if (held && offer.oldSize > 0) await this.#accuse(held, offer, decision.proven);
        return text(422, 'The consistency proof does not hold.');
      case 'cosign': {
        const { name, signer, clock, store } = this.#options;
        if (held?.note !== offer.note) await store.put(new Map([[HEAD + body.origin, offer.note]]));
        this.#keep({ ...body, note: offer.note });
        const line = await cosign(offer.text, name, signer, Math.floor(clock.now() / 1000));
        return { status: 200, type: 'text/plain; charset=utf-8', body: line };
      }
    }
  }

  async #accuse(held: Head, offer: Offer, proven: boolean): Promise<void> {
    const { origin } = offer.body;
    const fork: Fork = {
      origin,
      held: held.note,
      offered: offer.note,
      proof: offer.proof.map(base64),
      proven,
      time: Math.floor(this.#options.clock.now() / 1000),
    };
    if (await this.#forks.add(fork, this.#logs.isListed(origin))) this.#options.onFork?.(fork);
  }

  #keep(head: Head): void {
    this.#heads.set(head.origin, head);
    this.#byHash.set(sha256Text(head.origin), head);
  }

  /** Runs `task` after everything else that was asked about this log. */
  async #inTurn<T>(origin: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#turns.get(origin) ?? Promise.resolve()).then(task);
    const settled = turn.catch(() => undefined);
    this.#turns.set(origin, settled);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(origin) === settled) this.#turns.delete(origin);
    }
  }
}

/** The signature lines of those `keys` that signed the note, and nobody else's. */
async function linesOf(note: Note, keys: readonly NoteKey[]): Promise<string> {
  const lines = await Promise.all(
    keys.map(async (key) => {
      if (!(await verifyNote(note, key))) return '';
      return formatSignature(note.signatures.find((s) => s.name === key.name && s.keyId === key.id)!);
    }),
  );
  return lines.join('');
}

function readHead(note: string, origin: string): Head {
  const parsed = parseNote(note);
  const body = parsed && parseCheckpoint(parsed.text);
  if (body?.origin !== origin) throw new WitnessError('state_broken', 'a stored checkpoint cannot be read');
  return { ...body, note };
}

const text = (status: Reply['status'], message: string): Reply => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${message}\n`,
});
