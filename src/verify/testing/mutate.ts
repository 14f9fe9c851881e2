/** Tries edits on a bundle, and counts what the verifier takes for the real thing. */
import fc from 'fast-check';
import { verifyBundle, VerifyError, type BundleReader } from '..';
import type { Edit } from './edits';
import { freshSeed } from './seed';

export interface Tried {
  edits: number;
  /** Edits that changed nothing, such as a cut at the very end: drawn anew. */
  without: number;
  accepted: number;
  byKind: Map<string, number>;
}

/**
 * Whether a bundle passes as whole and as the pinned owner's. A bundle that no problem is named of counts as accepted
 * too, whatever its verdicts.
 */
export async function passes(open: () => BundleReader | Promise<BundleReader>, governanceKey: Uint8Array) {
  try {
    const { verdicts, facts } = await verifyBundle(await open(), { governanceKey });
    return facts.problems === 0 || (verdicts.integrity === 'pass' && verdicts.authenticity === 'pass');
  } catch (error) {
    if (error instanceof VerifyError) return false;
    throw error;
  }
}

/**
 * Tries `count` seeded edits, each to be refused; the first that is not fails with the seed and the edit.
 *
 * @param attempt whether the edit was accepted; `undefined` when it changed nothing
 */
export async function tryEdits<E extends Edit>(
  what: string,
  count: number,
  edits: fc.Arbitrary<E>,
  attempt: (edit: E) => Promise<boolean | undefined>,
): Promise<Tried> {
  const tried: Tried = { edits: 0, without: 0, accepted: 0, byKind: new Map() };
  const property = fc.asyncProperty(edits, async (edit) => {
    const accepted = await attempt(edit);
    if (accepted === undefined) tried.without += 1;
    fc.pre(accepted !== undefined);
    tried.edits += 1;
    if (accepted) tried.accepted += 1;
    const kind = `${edit.kind}, ${edit.ending}`;
    tried.byKind.set(kind, (tried.byKind.get(kind) ?? 0) + 1);
    return !accepted;
  });
  await fc.assert(property, { numRuns: count, seed: freshSeed(what) });
  console.info(`${what}: ${tried.edits} edits, ${tried.accepted} accepted (${tried.without} that changed nothing)`);
  return tried;
}
