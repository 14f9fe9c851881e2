/** The two files of one entry's proof: they come together, or one after the other. */
export interface ProofParts {
  proof?: File;
  entry?: File;
}
export type ProofPart = keyof ProofParts;

/** c2sp.org/tlog-proof, and a line of a log: JCS puts its `data` first. */
const HEADS: readonly [ProofPart, string][] = [
  ['proof', 'c2sp.org/tlog-proof@'],
  ['entry', '{"data":{'],
];

/** Which part of a proof a file is, by how it begins; `undefined` for a bundle and anything else. */
export async function proofPart(file: Blob): Promise<ProofPart | undefined> {
  const head = await file.slice(0, 32).text();
  return HEADS.find(([, begins]) => head.startsWith(begins))?.[0];
}

/** With one more file. After a whole pair, another proof asks for its own entry; another entry is held to the same proof. */
export function withPart(parts: ProofParts, part: ProofPart, file: File): ProofParts {
  const begun = part === 'proof' && parts.proof && parts.entry ? {} : parts;
  return { ...begun, [part]: file };
}

/** The part that is still to come, once there is one. */
export function missingPart({ proof, entry }: ProofParts): ProofPart | undefined {
  if (proof && !entry) return 'entry';
  return entry && !proof ? 'proof' : undefined;
}
