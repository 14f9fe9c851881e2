/** What is said between members about approvals, and what this node keeps of what others ask of it. */
import * as v from 'valibot';
import { ApprovalShape, readAct, type Intent, type PendingApproval } from '../../governance';
import type { Json } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import type { RecordStore } from '../../storage';

const PREFIX = 'mesh/asked/';

const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));
const digest = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const time = v.pipe(
  v.string(),
  v.check((text) => Number.isFinite(Date.parse(text))),
);

const Request = v.strictObject({
  id,
  actionDigest: digest,
  intent: v.custom<PendingApproval['intent']>((value) => typeof value === 'object' && value !== null),
  policies: v.pipe(v.array(v.pipe(v.string(), v.maxLength(256))), v.maxLength(64)),
  needed: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(LIMITS.approversPerAction)),
  given: v.pipe(v.array(ApprovalShape), v.maxLength(LIMITS.approversPerAction)),
  requestedAt: time,
  expiresAt: time,
});

/** `approval`: please decide. `approval_over`: no need any more. `decision`: decided, and signed by the device's key. */
export const KINDS = {
  approval: v.strictObject({ v: v.literal(1), request: Request }),
  approval_over: v.strictObject({ v: v.literal(1), id }),
  decision: v.strictObject({ v: v.literal(1), approval: ApprovalShape }),
} as const;

/** `message`: of the delivery that carries what was decided. */
const Stored = v.strictObject({ request: Request, message: v.nullable(id) });
export interface Asked extends v.InferOutput<typeof Stored> {
  peer: string;
}

/**
 * Whether what is shown is what would be signed: the digest is that of the very act, so that nobody can have something
 * else approved under its words.
 */
export function isTrue({ intent, actionDigest }: Pick<PendingApproval, 'intent' | 'actionDigest'>): boolean {
  try {
    return readAct(intent as Intent).actionDigest === actionDigest;
  } catch {
    return false;
  }
}

export class AskedBook {
  readonly #records: RecordStore;
  readonly #all: Map<string, Asked>;

  private constructor(records: RecordStore, all: Map<string, Asked>) {
    this.#records = records;
    this.#all = all;
  }

  /** A record that this class did not write counts as none. */
  static async open(records: RecordStore): Promise<AskedBook> {
    const all = new Map<string, Asked>();
    for (const key of await records.keys(PREFIX)) {
      const [peer] = key.slice(PREFIX.length).split('/') as [string];
      const parsed = v.safeParse(Stored, await records.get(key));
      if (parsed.success) all.set(key, { ...parsed.output, peer });
    }
    return new AskedBook(records, all);
  }

  /** Of everybody, oldest first. */
  list(): Asked[] {
    return [...this.#all.values()].sort((a, b) => (a.request.requestedAt < b.request.requestedAt ? -1 : 1));
  }

  of(peer: string): Asked[] {
    return this.list().filter((asked) => asked.peer === peer);
  }

  get(peer: string, id: string): Asked | undefined {
    return this.#all.get(keyOf(peer, id));
  }

  async put({ peer, request, message }: Asked): Promise<void> {
    const key = keyOf(peer, request.id);
    await this.#records.commit(new Map([[key, { request, message } as unknown as Json]]));
    this.#all.set(key, { peer, request, message });
  }

  async remove(peer: string, ids: readonly string[]): Promise<void> {
    const keys = ids.map((id) => keyOf(peer, id)).filter((key) => this.#all.has(key));
    if (keys.length === 0) return;
    await this.#records.commit(new Map(keys.map((key) => [key, undefined])));
    for (const key of keys) this.#all.delete(key);
  }
}

const keyOf = (peer: string, id: string): string => `${PREFIX}${peer}/${id}`;
