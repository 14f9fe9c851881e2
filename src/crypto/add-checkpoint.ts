/**
 * The body of `add-checkpoint` (c2sp.org/tlog-witness): a checkpoint, and the proof that its tree extends an older one.
 * A bundle's `proofs/consistency.txt` is the same text.
 */
import { boundedText, formatProof, parseDecimal, parseProof } from './proof-text';

export interface AddCheckpoint {
  /** Leaves of the older tree; 0 when there is none, and then the proof is empty. */
  oldSize: number;
  /** RFC 6962 consistency proof, 32 bytes a hash. */
  proof: readonly Uint8Array[];
  checkpointNote: string;
}

export const formatAddCheckpoint = ({ oldSize, proof, checkpointNote }: AddCheckpoint): string =>
  `old ${oldSize}\n${formatProof(proof, checkpointNote)}`;

/** Reads a body without checking proof or signatures, or `undefined` when it is none. */
export function parseAddCheckpoint(input: string | Uint8Array): AddCheckpoint | undefined {
  const text = boundedText(input);
  const head = text && /^old ([^\n]*)\n/.exec(text);
  if (!head) return undefined;
  const oldSize = parseDecimal(head[1]!);
  const rest = parseProof(text.slice(head[0].length));
  return oldSize === undefined || !rest ? undefined : { oldSize, ...rest };
}
