import * as v from 'valibot';
import { hex, jcs, sha256Text, type Sha256 } from '../../crypto';
import { BUNDLE, type BundleKey } from '../../protocol/bundle';
import type { JsonObject } from '../../protocol/json';
import { KeyLife } from '../../keys';
import { EMPTY_REGISTRY, type RegistryState } from '../../registry';
import type { LogEntry } from '../chain';
import type { Findings } from '../findings';
import type { Work } from '../work';
import { IdTable } from './ids';

export interface StageRecord {
  where: string;
  run: string;
  stage: string;
  type: string;
  artifacts: { name: string; sha256: Sha256; bytes: number }[];
  statement: Sha256;
  /** Raw governance keys, one of which must have signed the statement. */
  signers: readonly Uint8Array[];
}

/** A policy text and its schema that came in force. */
export interface PolicyRecord {
  where: string;
  policies: Sha256;
  schema: Sha256;
}

/**
 * What the log has established up to the entry that is being read. What grows with the log is kept as {@link IdTable}s,
 * some 30 to 60 bytes an id; what only has to be held against the files is handed on with each entry, and not kept.
 */
export interface LogState {
  origin?: string;
  /** Every key there was, and what each may still do. */
  life: KeyLife;
  /** Those in force at the entry that is being read. */
  keys?: Record<BundleKey, Uint8Array>;
  snapshot?: { number: number; policies: Sha256; schema: Sha256 };
  /** Key in hex → the newest entry that rests on its signature. */
  lastSigned: Map<string, number>;
  /** By the role's digest: principal (128 bits of its digest), from when and until when in ms, number of the issuer's key. */
  roles: IdTable;
  /** By request and key: devices that may decide it, with their key and the number of the key that says so. */
  approvers: IdTable;
  nonces: IdTable;
  /** Approval ids, and each with its action digest. */
  requests: IdTable;
  /** Digests of the logged approvals: 1 once an order has used it, and the number of the key that it rests on. */
  approvals: IdTable;
  /** Order ids: the entry that authorised it, and 1 once it had an outcome. */
  orders: IdTable;
  pointers: Map<string, Sha256>;
  /** Skills from outside. */
  registry: RegistryState;
  /** Of the entries since they were last taken out. */
  stages: StageRecord[];
  policies: PolicyRecord[];
}

export const newState = (): LogState => ({
  life: new KeyLife(),
  lastSigned: new Map(),
  roles: new IdTable(9),
  approvers: new IdTable(13),
  nonces: new IdTable(),
  requests: new IdTable(),
  approvals: new IdTable(2),
  orders: new IdTable(2),
  pointers: new Map(),
  registry: EMPTY_REGISTRY,
  stages: [],
  policies: [],
});

/** The words of an approval. The second is the owner key's number, or, of a device's, that of who made it an approver. */
export const USED = 0;
export const APPROVER = 1;

/** SHA-256 of a value's JCS: how records are named. */
export const digestOf = (value: unknown): Sha256 => sha256Text(jcs(value));

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
    // Trustees' keys are not of the log, so what they signed is not followed: a log has few keys, a liar many trustees.
    const name = hex(key);
    if (this.state.life.has(name)) this.state.lastSigned.set(name, this.entry.seq);
    this.work.signed(key, body, signature, () => this.unauthorised(code, what));
  }
}
