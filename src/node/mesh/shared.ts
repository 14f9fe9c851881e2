/**
 * What of this node's store members may have: what the log says was made to be handed on, and nothing else. The rule
 * stands in docs/mesh-protocols.md.
 */
import type { AuditLog, Entry } from '../../audit';
import type { WorkOrder } from '../../governance';
import { executionIn, parseExecution } from '../../protocol/execution';
import { inTurn } from '../../protocol/in-turn';
import type { Json } from '../../protocol/json';
import type { MemberRight } from '../../protocol/mesh';
import { revocationOf, type RegistryState } from '../../registry';

interface SharedParts {
  log: () => Pick<AuditLog, 'size' | 'entries'>;
  /** Skills from outside, as they are now. */
  registry: () => RegistryState;
  /** Whether the build has a module of this hash. */
  isBundled: (sha256: string) => boolean;
}

export class Shared {
  readonly #parts: SharedParts;
  /** What runs made, its provenance, and bundles that were exported. */
  readonly #made = new Set<string>();
  /** By peer id: what came of the runs that it asked for. */
  readonly #madeFor = new Map<string, Set<string>>();
  /** Runs by members that have not ended: who asked for it, by the order's id. */
  readonly #asked = new Map<string, string>();
  readonly #turn = inTurn();
  #seen = 0;

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  /** Whether a member with these rights here may have it. */
  async mayHave(sha256: string, peer: string, rights: readonly MemberRight[]): Promise<boolean> {
    if (this.#parts.isBundled(sha256) || isOfPackage(this.#parts.registry(), sha256)) return true;
    await this.#turn(() => this.#catchUp());
    if (this.#madeFor.get(peer)?.has(sha256)) return true;
    return rights.includes('delegate') && this.#made.has(sha256);
  }

  async #catchUp(): Promise<void> {
    const log = this.#parts.log();
    for await (const entry of log.entries(this.#seen, log.size)) {
      for (const sha256 of madeIn(entry)) this.#made.add(sha256);
      this.#delegated(entry);
      this.#seen = entry.seq + 1;
    }
  }

  #delegated({ type, data }: Entry): void {
    if (type === 'EXECUTION_AUTHORIZED') {
      const { order_id, principal, action } = data['order'] as unknown as WorkOrder;
      if (principal.type === 'Member' && action === 'run_skill') this.#asked.set(order_id, principal.id);
    }
    if (type !== 'EXECUTION_COMPLETED' && type !== 'EXECUTION_FAILED') return;
    const order = data['order_id'] as string;
    const peer = this.#asked.get(order);
    this.#asked.delete(order);
    const record = peer === undefined ? undefined : parseExecution(executionIn(type, data));
    if (!record) return;
    const made = this.#madeFor.get(peer!) ?? new Set();
    for (const sha256 of texts([record.output_sha256, record.calls_sha256])) made.add(sha256);
    this.#madeFor.set(peer!, made);
  }
}

/** A version of a skill that was installed here, unless it or its author was revoked: its manifest and its module. */
function isOfPackage(state: RegistryState, sha256: string): boolean {
  for (const { author, versions } of state.skills.values()) {
    for (const { manifestSha256, moduleSha256 } of versions.values()) {
      if (manifestSha256 !== sha256 && moduleSha256 !== sha256) continue;
      if (!revocationOf(state, author, manifestSha256)) return true;
    }
  }
  return false;
}

function madeIn({ type, data }: Entry): string[] {
  if (type === 'AUDIT_EXPORT') return texts([data['sha256']]);
  if (type !== 'STAGE_COMPLETED') return [];
  const artifacts = data['artifacts'] as { sha256: string }[];
  return texts([data['statement_sha256'], ...artifacts.map(({ sha256 }) => sha256)]);
}

const texts = (values: (Json | undefined)[]): string[] => values.filter((value) => typeof value === 'string');
