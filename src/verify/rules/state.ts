import * as v from 'valibot';
import { jcsBytes, sha256Hex, type Sha256 } from '../../crypto';
import { BUNDLE, type BundleKey } from '../../protocol/bundle';
import type { JsonObject } from '../../protocol/json';
import type { LogEntry } from '../chain';
import type { Findings } from '../findings';
import type { Work } from '../work';

export interface KnownOrder {
  seq: number;
  settled: boolean;
}
export interface StageRecord {
  where: string;
  run: string;
  stage: string;
  type: string;
  artifacts: { name: string; sha256: Sha256; bytes: number }[];
  statement: Sha256;
}

/** What the log has established up to the entry that is being read. */
export interface LogState {
  origin?: string;
  keys?: Record<BundleKey, Uint8Array>;
  snapshot?: { number: number; policies: Sha256 };
  /** Each policy text and schema that was ever in force, and where. */
  policies: { policies: Sha256; schema: Sha256; where: string }[];
  roles: Map<Sha256, { principal: Sha256; issuedAt: string; expiresAt: string }>;
  nonces: Set<string>;
  /** Approval id → action digest. */
  requests: Map<string, Sha256>;
  /** Digest of each logged approval → whether an order has used it. */
  approvals: Map<Sha256, boolean>;
  orders: Map<string, KnownOrder>;
  pointers: Map<string, Sha256>;
  stages: StageRecord[];
}

export const newState = (): LogState => ({
  policies: [],
  roles: new Map(),
  nonces: new Set(),
  requests: new Map(),
  approvals: new Map(),
  orders: new Map(),
  pointers: new Map(),
  stages: [],
});

/** SHA-256 of a value's JCS: how records are named. */
export const digestOf = (value: unknown): Sha256 => sha256Hex(jcsBytes(value));

export const withoutSignature = (record: JsonObject): JsonObject => {
  const { signature: _, ...body } = record;
  return body;
};

/** One entry under examination: its data, and where to put what is wrong with it. */
export class Case {
  readonly where: string;
  constructor(
    readonly entry: LogEntry,
    readonly state: LogState,
    private readonly findings: Findings,
    private readonly work: Work,
  ) {
    this.where = `${BUNDLE.entries}:${entry.seq + 1}`;
  }

  /** The data in the given shape; when it is not, that is a problem and `undefined`. */
  read<const S extends v.GenericSchema>(shape: S): v.InferOutput<S> | undefined {
    const parsed = v.safeParse(shape, this.entry.data);
    if (parsed.success) return parsed.output;
    this.broken('bad_entry', `the ${this.entry.type} entry lacks ${v.getDotPath(parsed.issues[0]) ?? 'its fields'}`);
    return undefined;
  }

  /** The log contradicts itself or the files. */
  broken(code: string, what: string): void {
    this.findings.add('integrity', code, this.where, `Entry ${this.entry.seq}: ${what}.`);
  }

  /** Something was done without the right that the log claims. */
  unauthorised(code: string, what: string): void {
    this.findings.add('authenticity', code, this.where, `Entry ${this.entry.seq}: ${what}.`);
  }

  signed(key: Uint8Array, body: object, signature: string, code: string, what: string): void {
    this.work.signed(key, body, signature, () => this.unauthorised(code, what));
  }
}
