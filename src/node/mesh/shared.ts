/**
 * What of this node's store members may have: what the log says was made to be handed on, and nothing else. The rule
 * stands in docs/mesh-protocols.md.
 */
import type { AuditLog, Entry } from '../../audit';
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
  readonly #turn = inTurn();
  #seen = 0;

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  /** Whether a member with these rights here may have it. */
  async mayHave(sha256: string, rights: readonly MemberRight[]): Promise<boolean> {
    if (this.#parts.isBundled(sha256) || isOfPackage(this.#parts.registry(), sha256)) return true;
    if (!rights.includes('delegate')) return false;
    await this.#turn(() => this.#catchUp());
    return this.#made.has(sha256);
  }

  async #catchUp(): Promise<void> {
    const log = this.#parts.log();
    for await (const entry of log.entries(this.#seen, log.size)) {
      for (const sha256 of madeIn(entry)) this.#made.add(sha256);
      this.#seen = entry.seq + 1;
    }
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
