import type { PolicySet } from '../policy';
import type { BlobStore } from '../storage/types';
import { fromUtf8, type Sha256 } from '../crypto';
import type { SnapshotInForce } from './config';
import type { PolicyEngine } from './policy';
import { GovernanceError } from './types';

/** The policies that decide now, and the snapshots that led to them. */
export class PoliciesInForce {
  #policies: PolicySet;
  readonly #snapshots: SnapshotInForce[];
  #deciding = 0;
  /** Resolves when a change is over. */
  #changing: Promise<void> | undefined;
  /** Tells the change that waits that nobody decides any more. */
  #idle: (() => void) | undefined;

  constructor(policies: PolicySet, snapshots: readonly SnapshotInForce[]) {
    this.#policies = policies;
    this.#snapshots = [...snapshots];
  }

  get policies(): PolicySet {
    return this.#policies;
  }

  get snapshot(): SnapshotInForce {
    return this.#snapshots.at(-1)!;
  }

  /** Oldest first. */
  get history(): readonly SnapshotInForce[] {
    return this.#snapshots;
  }

  /**
   * Runs `decide`, which ends once its decision is in the log, while no snapshot is being written: so the policies that
   * decided are those in force at the decision's place in the log, where a replay looks for them.
   */
  async deciding<T>(decide: () => Promise<T>): Promise<T> {
    while (this.#changing) await this.#changing;
    this.#deciding++;
    try {
      return await decide();
    } finally {
      this.#deciding--;
      if (this.#deciding === 0) this.#idle?.();
    }
  }

  /** Puts new policies in force: waits for the decisions under way, and lets none begin until `write` is durable. */
  async change(policies: PolicySet, write: () => Promise<SnapshotInForce>): Promise<void> {
    while (this.#changing) await this.#changing;
    let done = (): void => undefined;
    this.#changing = new Promise((resolve) => (done = resolve));
    try {
      if (this.#deciding > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
      this.#snapshots.push(await write());
      this.#policies = policies;
    } finally {
      this.#idle = this.#changing = undefined;
      done();
    }
  }
}

/**
 * Reads the texts that the newest snapshot names.
 * @throws GovernanceError `config_broken` when one is missing, changed or no longer parses.
 */
export async function loadInForce(
  snapshots: readonly SnapshotInForce[],
  blobs: Pick<BlobStore, 'get'>,
  engine: PolicyEngine,
): Promise<PoliciesInForce> {
  const { policies_sha256, schema_sha256 } = snapshots.at(-1)!.snapshot;
  try {
    const policies = engine.load(await text(blobs, policies_sha256), await text(blobs, schema_sha256));
    return new PoliciesInForce(policies, snapshots);
  } catch (cause) {
    throw new GovernanceError('config_broken', 'The signed policies cannot be read.', {
      cause,
      advice: 'Restore from a backup, or export the log as it is.',
    });
  }
}

/** A blob store re-hashes what it gives, so this is the text that was signed or nothing. */
async function text(blobs: Pick<BlobStore, 'get'>, sha256: Sha256): Promise<string> {
  const bytes = await blobs.get(sha256);
  if (!bytes) throw new GovernanceError('config_broken', `${sha256} is missing.`);
  return fromUtf8(bytes);
}
