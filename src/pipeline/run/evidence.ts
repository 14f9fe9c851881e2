import type { AuditLog, Entry } from '../../audit';
import type { Sha256 } from '../../crypto';
import type { Json, JsonObject } from '../../protocol/json';

/** One blob that a bundle should hold, and where. */
export interface EvidenceFile {
  /** Inside the bundle's `artifacts/` or `attest/`: ASCII, safe as a path. */
  path: string;
  sha256: Sha256;
}

/** What the log names and a stranger needs beside it. */
export interface Evidence {
  /** Documents, datasets and what stages made; also of stages that failed afterwards. */
  artifacts: EvidenceFile[];
  /** DSSE envelopes. */
  statements: EvidenceFile[];
  /** Texts of every policy set and schema that was in force. */
  policies: { policies_sha256: Sha256; schema_sha256: Sha256 }[];
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

/**
 * Reads from the log which blobs belong in a bundle.
 * @param run only this run's artifacts and statements; null for all runs'. Policies are always all: every entry needs its own.
 */
export async function collectEvidence(log: Pick<AuditLog, 'size' | 'entries'>, run: string | null): Promise<Evidence> {
  const collector = new Collector(run);
  for await (const entry of log.entries(0, log.size)) collector.take(entry);
  return collector.evidence();
}

class Collector {
  /** Keyed by path: a stage that ran again replaces what its first try stored. */
  readonly #artifacts = new Map<string, Sha256>();
  readonly #statements = new Map<string, Sha256>();
  readonly #policies: Evidence['policies'] = [];
  /** Orders to store an artifact that have no outcome yet. */
  readonly #storing = new Map<string, [path: string, sha256: Sha256]>();

  constructor(private readonly run: string | null) {}

  take({ type, data }: Entry): void {
    if (type === 'CONFIG_SNAPSHOT') return this.#policy(object(data['snapshot']));
    const run = text(data['run']);
    if (run === '' || (this.run !== null && run !== this.run)) return;
    const folder = run.slice(0, 16);
    if (type === 'RUN_STARTED') this.#inputs(folder, data);
    else if (type === 'EXECUTION_AUTHORIZED') this.#authorized(folder, data);
    else if (type === 'EXECUTION_COMPLETED') this.#completed(text(data['order_id']));
    else if (type === 'STAGE_COMPLETED')
      this.#statements.set(`${folder}/${text(data['stage'])}.dsse.json`, text(data['statement_sha256']));
  }

  #policy(snapshot: JsonObject): void {
    const policy = {
      policies_sha256: text(snapshot['policies_sha256']),
      schema_sha256: text(snapshot['schema_sha256']),
    };
    const known = this.#policies.some(
      (p) => p.policies_sha256 === policy.policies_sha256 && p.schema_sha256 === policy.schema_sha256,
    );
    if (!known) this.#policies.push(policy);
  }

  #inputs(folder: string, data: JsonObject): void {
    this.#artifacts.set(`${folder}/pipeline.yaml`, text(data['pipeline_sha256']));
  }

  #authorized(folder: string, data: JsonObject): void {
    const order = object(data['order']);
    const args = object(data['arguments']);
    const id = text(order['order_id']);
    if (order['action'] === 'store_artifact') {
      this.#storing.set(id, [`${folder}/stages/${text(args['stage'])}/${text(args['name'])}`, text(args['sha256'])]);
    } else if (order['action'] === 'read_dataset') {
      this.#storing.set(id, [`${folder}/datasets/${text(args['file'])}`, text(args['sha256'])]);
    }
  }

  #completed(id: string): void {
    const stored = this.#storing.get(id);
    if (!stored) return;
    this.#storing.delete(id);
    this.#artifacts.set(...stored);
  }

  evidence(): Evidence {
    const files = (map: ReadonlyMap<string, Sha256>): EvidenceFile[] =>
      [...map].map(([path, sha256]) => ({ path, sha256 }));
    return { artifacts: files(this.#artifacts), statements: files(this.#statements), policies: this.#policies };
  }
}
