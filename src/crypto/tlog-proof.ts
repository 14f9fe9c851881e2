/** `c2sp.org/tlog-proof@v1`: that an entry is in a log, in one small file that is checked without the log. */
import { base64, fromBase64 } from './encoding';
import { boundedText, formatProof, parseDecimal, parseProof } from './proof-text';

const HEADER = 'c2sp.org/tlog-proof@v1\n';

export interface TlogProof {
  /** Position of the entry, from 0. */
  index: number;
  /** RFC 6962 audit path, the leaf's sibling first, 32 bytes each. */
  proof: readonly Uint8Array[];
  /** The signed note of the tree that the path leads to, with the cosignatures there are. */
  checkpointNote: string;
  /** Opaque to the format, and signed by nobody. */
  extra?: Uint8Array;
}

export const formatTlogProof = ({ index, proof, checkpointNote, extra }: TlogProof): string =>
  `${HEADER}${extra ? `extra ${base64(extra)}\n` : ''}index ${index}\n${formatProof(proof, checkpointNote)}`;

/** Reads a proof without checking path or signatures, or `undefined` when it is none. */
export function parseTlogProof(input: string | Uint8Array): TlogProof | undefined {
  const text = boundedText(input);
  const head = text && /^c2sp\.org\/tlog-proof@v1\n(?:extra ([^\n]*)\n)?index ([^\n]*)\n/.exec(text);
  if (!head) return undefined;
  const extra = head[1] === undefined ? undefined : fromBase64(head[1]);
  const index = parseDecimal(head[2]!);
  const rest = parseProof(text.slice(head[0].length));
  if (index === undefined || !rest || (head[1] !== undefined && !extra)) return undefined;
  return { index, ...rest, ...(extra ? { extra } : {}) };
}
