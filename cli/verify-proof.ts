import { open, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { LIMITS } from '../src/protocol/limits';
import { VERDICTS, verifyEntryProof, VerifyError, type ProofOptions, type Report } from '../src/verify';
import { asJson, harmless, unreadable, verdictLines, type Print } from './verify-report';

export const PROOF_USAGE = `Usage: sovereign verify <file.tlog-proof> --entry entry.json [--log-key log.vkey] [--witness-policy policy.txt] [--json]

  --entry           the entry that the proof is about: its line, as it was handed out with the proof
  --log-key         the log's key (log.vkey) as its owner gave it to you; without it, authenticity stays unknown
  --witness-policy  whose cosignatures you trust, and how many are enough (c2sp.org/tlog-policy)
`;

interface Asked {
  proof: string;
  entry: string;
  logKey: string | undefined;
  policy: string | undefined;
  json: boolean;
}

/** Whether `sovereign verify` is asked about one entry, not a bundle. */
export const isProofAsked = (args: readonly string[]): boolean => args.some((arg) => arg.endsWith('.tlog-proof'));

/** `sovereign verify` of a tlog-proof; exit codes as for a bundle. */
export async function runVerifyProof(args: readonly string[], out: Print, err: Print): Promise<number> {
  const asked = readArgs(args, err);
  if (!asked) return 2;
  try {
    const options: ProofOptions = {
      ...(asked.logKey === undefined ? {} : { logKey: await text(asked.logKey) }),
      ...(asked.policy === undefined ? {} : { witnessPolicy: await text(asked.policy) }),
    };
    const input = {
      proof: await bytes(asked.proof, LIMITS.proofTextBytes),
      entry: await bytes(asked.entry, LIMITS.entryBytes),
    };
    const report = await verifyEntryProof(input, options);
    if (asked.json) out(`${JSON.stringify(asJson(report))}\n`);
    else print(report, asked, out);
    return isAccepted(report, options) ? 0 : 1;
  } catch (error) {
    return unreadable(error, asked.json, out, err);
  }
}

function readArgs(args: readonly string[], err: Print): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        entry: { type: 'string' },
        'log-key': { type: 'string' },
        'witness-policy': { type: 'string' },
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const { entry, json, 'log-key': logKey, 'witness-policy': policy } = values;
    const [proof, ...more] = positionals;
    if (proof !== undefined && more.length === 0 && entry !== undefined) return { proof, entry, logKey, policy, json };
    err(PROOF_USAGE);
  } catch (error) {
    err(`${(error as Error).message}\n\n${PROOF_USAGE}`);
  }
  return undefined;
}

/** No more than `most` bytes, whatever the file says of its size. */
async function bytes(path: string, most: number): Promise<Uint8Array> {
  if (!(await stat(path)).isFile()) throw new VerifyError('unreadable', `${path} is not a file`);
  const file = await open(path);
  try {
    const buffer = new Uint8Array(most + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length <= most; length += got)
      got = (await file.read(buffer, length, most + 1 - length, null)).bytesRead;
    if (length > most) throw new VerifyError('too_large', `${path} is longer than ${most} bytes`);
    return buffer.subarray(0, length);
  } finally {
    await file.close();
  }
}

const text = async (path: string): Promise<string> =>
  new TextDecoder().decode(await bytes(path, LIMITS.witnessPolicyBytes));

/** What was given from outside is asked for; nothing may fail. */
function isAccepted({ verdicts }: Report, { logKey, witnessPolicy }: ProofOptions): boolean {
  const holds =
    verdicts.integrity === 'pass' &&
    (logKey === undefined || verdicts.authenticity === 'pass') &&
    (witnessPolicy === undefined || verdicts.nonEquivocation === 'pass');
  return holds && VERDICTS.every((name) => verdicts[name] !== 'fail');
}

function print(report: Report, asked: Asked, out: Print): void {
  const { facts, verdicts } = report;
  const failed = Object.values(verdicts).includes('fail');
  const shown =
    verdicts.authenticity === 'pass' ? 'VERIFIED.' : 'INTACT, UNAUTHENTICATED: give the key with --log-key.';
  const lines = [
    `Proof   ${asked.proof}`,
    `Entry   ${asked.entry}, by its node's clock ${facts.firstTime}`,
    `Log     ${facts.origin}: ${facts.entries} entries`,
    '',
    ...verdictLines(report),
    '',
    failed ? 'NOT VERIFIED' : shown,
  ];
  out(lines.map((line) => `${harmless(line)}\n`).join(''));
}
