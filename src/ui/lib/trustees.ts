/** What a trustee sends back: one line of JSON. */
export interface SignatureLine {
  key: string;
  signature: string;
}

export const isKey = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** The lines of several trustees as they were pasted; `undefined` when one of them is none. Empty lines are passed over. */
export function readSignatures(text: string): SignatureLine[] | undefined {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const read = lines.map(readLine);
  return read.every((line) => line !== undefined) ? read : undefined;
}

function readLine(line: string): SignatureLine | undefined {
  try {
    const { key, signature } = JSON.parse(line) as Partial<SignatureLine>;
    if (typeof key !== 'string' || !isKey(key) || typeof signature !== 'string') return undefined;
    return /^[A-Za-z0-9+/]{86}==$/.test(signature) ? { key, signature } : undefined;
  } catch {
    return undefined;
  }
}
