import { fromUtf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { Lines } from '../lines';
import { parsePython, PythonJsonError, type PythonDocument } from './python';
import type { SeedFindings } from './report';

export const LOG_NAME = 'immutable_audit.jsonl';
export const linePath = (index: number): string => `${LOG_NAME}:${index + 1}`;

/** Judges an `immutable_audit.jsonl`, a block a line, in memory that does not grow with it. */
export async function judgeLog(pieces: AsyncIterable<Uint8Array>, size: number, findings: SeedFindings): Promise<void> {
  // One byte more than is allowed, to tell a line that was cut there.
  const lines = new Lines(LIMITS.seedLineBytes + 1);
  let done = 0;
  for await (const piece of pieces) {
    for (const line of lines.push(piece)) judgeLine(line, findings);
    findings.step('blocks', (done += piece.length), size);
  }
  for (const line of lines.end()) judgeLine(line, findings);
  if (findings.chain.count === 0) findings.fail('integrity', 'missing_genesis', LOG_NAME, 'The log has no blocks.');
}

function judgeLine(line: Uint8Array, findings: SeedFindings): void {
  const { chain } = findings;
  const where = linePath(chain.count);
  const tooLong = line.length > LIMITS.seedLineBytes;
  if (tooLong) findings.fail('integrity', 'too_large', where, `The line is longer than ${LIMITS.seedLineBytes} bytes.`);
  const document = tooLong ? undefined : readPython(line, findings, where);
  if (document) findings.flaws(chain.add(document.value), where);
  else chain.skip();
}

/** Bytes as Python reads them; what cannot be read, or hides a value behind a second one, is a failure at `where`. */
export function readPython(bytes: Uint8Array, findings: SeedFindings, where: string): PythonDocument | undefined {
  try {
    const document = parsePython(fromUtf8(bytes));
    if (document.duplicate) {
      const { key, offset } = document.duplicate;
      const message = `The key ${JSON.stringify(key.slice(0, 80))} stands twice in one object, at character ${offset}: the hash covers only the last.`;
      findings.fail('integrity', 'duplicate_key', where, message);
    }
    return document;
  } catch (error) {
    if (!(error instanceof PythonJsonError || error instanceof TypeError)) throw error;
    const why = error instanceof PythonJsonError ? error.message : 'not UTF-8';
    findings.fail('integrity', 'bad_json', where, `This is not JSON as Python reads it: ${why}.`);
    return undefined;
  }
}
