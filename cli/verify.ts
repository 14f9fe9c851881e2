import { readFile, realpath, stat } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { parseArgs } from 'node:util';
import { LIMITS } from '../src/protocol/limits';
import { accepted, fileReader, parseGovernanceKey, verifyBundle, VerifyError, type BundleReader } from '../src/verify';
import { createReplay } from '../src/verify/replay';
import { directoryReader } from './bundle-directory';
import { openFile } from './bundle-file';
import { loadCedar } from './home/cedar';
import { isProofAsked, PROOF_USAGE, runVerifyProof } from './verify-proof';
import { asJson, printReport, unreadable, type Print } from './verify-report';

export const VERIFY_USAGE = `Usage: sovereign verify <directory|file> [--key governance.pub.pem] [--json]

Checks a bundle by its bytes alone, and writes nothing. A file is a bundle's .zip, or what the Python
implementation wrote: compliance_bundle.json, the same in a .zip, or immutable_audit.jsonl.

  --key   the governance key as its owner gave it to you, from outside the bundle;
          without it, authenticity stays unknown
  --json  one JSON object in place of the table

Exit code: 0 verified, 1 not, 2 could not be read.

${PROOF_USAGE}`;

interface Asked {
  path: string;
  key: string | undefined;
  json: boolean;
}

/**
 * `sovereign verify`. The exit code: 0 when every verdict that was asked for passes (integrity; with `--key` also
 * authenticity) and nothing is wrong, 1 when not, 2 when the input or the arguments cannot be read.
 */
export async function runVerify(
  args: readonly string[],
  out: Print = (text) => void process.stdout.write(text),
  err: Print = (text) => void process.stderr.write(text),
): Promise<number> {
  if (isProofAsked(args)) return runVerifyProof(args, out, err);
  const asked = readArgs(args, err);
  if (!asked) return 2;
  try {
    if (asked.key !== undefined) await warnIfInside(asked.key, asked.path, err);
    const pin = asked.key === undefined ? {} : { governanceKey: parseGovernanceKey(await readText(asked.key)) };
    const replay = createReplay(await loadCedar());
    const report = await verifyBundle(await openBundle(asked.path), { ...pin, replay });
    if (asked.json) out(`${JSON.stringify(asJson(report))}\n`);
    else printReport(report, asked, out);
    return accepted(report, pin) ? 0 : 1;
  } catch (error) {
    return unreadable(error, asked.json, out, err);
  }
}

function readArgs(args: readonly string[], err: Print): Asked | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { key: { type: 'string' }, json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const [path] = positionals;
    if (path !== undefined && positionals.length === 1) return { path, key: values.key, json: values.json };
    err(VERIFY_USAGE);
  } catch (error) {
    err(`${(error as Error).message}\n\n${VERIFY_USAGE}`);
  }
  return undefined;
}

/** The process ends with the verification; so does the open file. */
async function openBundle(path: string): Promise<BundleReader> {
  if ((await stat(path)).isDirectory()) return directoryReader(path);
  return fileReader(basename(path), await openFile(await realpath(path), path));
}

async function readText(path: string): Promise<string> {
  const info = await stat(path);
  if (!info.isFile() || info.size > LIMITS.backupBytes) throw new VerifyError('bad_key', `${path} is not a key file`);
  return readFile(path, 'utf8');
}

/** A key out of the bundle proves nothing: whoever made the bundle made it too. */
async function warnIfInside(key: string, bundle: string, err: Print): Promise<void> {
  const [inner, outer] = await Promise.all([realpath(key), realpath(bundle)]);
  if (inner.startsWith(outer + sep))
    err('Warning: this key lies inside the bundle itself. Get it from the owner by another way.\n');
}
