import { readFile, realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import { parseArgs } from 'node:util';
import type { ExecutionReplay } from '../src/protocol/execution';
import { LIMITS } from '../src/protocol/limits';
import { createInlineRunner, replayExecution } from '../src/skills';
import { parseGovernanceKey, VERDICTS, VerifyError, type VerdictName, type VerifyOptions } from '../src/verify';
import { PROOF_USAGE } from './verify-proof';
import type { Print } from './verify-report';

export const VERIFY_USAGE = `Usage: sovereign verify <directory|file> [--key governance.pub.pem] [--witness-policy FILE]
                        [--older CHECKPOINT] [--tsa cert.pem] [--replay] [--only VERDICT,…]
                        [--json]

Checks a bundle by its bytes alone, and writes nothing. A file is a bundle's .zip, or what the Python
implementation wrote: compliance_bundle.json, the same in a .zip, or immutable_audit.jsonl.

  --key             the governance key as its owner gave it to you, from outside the bundle;
                    without it, authenticity stays unknown
  --witness-policy  whose cosignatures you trust, and how many are enough (c2sp.org/tlog-policy)
  --older           a checkpoint of this log that you kept: nothing before it may have been rewritten.
                    Without it and without --witness-policy, non-equivocation stays unknown
  --tsa             the certificate of the time-stamping authority (RFC 3161) whose timestamp tokens you trust
  --replay          makes every recorded run of a skill again, which takes as long as they took;
                    without it, execution stays unknown, or fails where a record contradicts its order
  --only            the verdicts that decide the exit code, in place of those that the options above ask for:
                    ${VERDICTS.join(', ')}
  --json            one JSON object in place of the table

Exit code: 0 every verdict that was asked for passes (and, without --only, none fails), 1 not, 2 could not be read.

${PROOF_USAGE}`;

export interface Asked {
  path: string;
  key: string | undefined;
  policy: string | undefined;
  older: string | undefined;
  tsa: string | undefined;
  replay: boolean;
  only: VerdictName[] | undefined;
  json: boolean;
}

/** `undefined` after what is wrong with them was said. */
export function readArgs(args: readonly string[], err: Print): Asked | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        key: text,
        'witness-policy': text,
        older: text,
        tsa: text,
        replay: { type: 'boolean', default: false },
        only: text,
        json: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    const [path] = positionals;
    const { key, 'witness-policy': policy, older, tsa, replay, json } = values;
    const only = values.only === undefined ? undefined : verdictNames(values.only);
    if (path !== undefined && positionals.length === 1) return { path, key, policy, older, tsa, replay, only, json };
    err(VERIFY_USAGE);
  } catch (error) {
    err(`${(error as Error).message}\n\n${VERIFY_USAGE}`);
  }
  return undefined;
}

function verdictNames(list: string): VerdictName[] {
  return list.split(',').map((name) => {
    const found = VERDICTS.find((verdict) => verdict === name);
    if (found) return found;
    throw new Error(`There is no verdict ${JSON.stringify(name)}.`);
  });
}

/** Reads what came from outside the bundle. @throws VerifyError */
export async function readOptions(
  { path, key, policy, older, tsa, replay, only }: Asked,
  err: Print,
): Promise<VerifyOptions> {
  const outside = [key, policy, older, tsa].filter((file) => file !== undefined);
  for (const file of outside) await warnIfInside(file, path, err);
  return {
    ...(key === undefined ? {} : { governanceKey: parseGovernanceKey(await text(key, 'bad_key', 'a key file')) }),
    ...(policy === undefined ? {} : { witnessPolicy: await text(policy, 'bad_policy', 'a witness policy') }),
    ...(older === undefined
      ? {}
      : { older: new TextEncoder().encode(await text(older, 'bad_checkpoint', 'a checkpoint')) }),
    ...(tsa === undefined ? {} : { tsa: new TextEncoder().encode(await text(tsa, 'bad_tsa', 'a certificate')) }),
    ...(replay ? { executions: replayHere() } : {}),
    ...(only === undefined ? {} : { only }),
  };
}

/** In this very thread: gas bounds each run, and nothing else goes on meanwhile. */
function replayHere(): ExecutionReplay {
  const runner = createInlineRunner();
  return (record, blobs, signal) => replayExecution(record, blobs, runner, signal);
}

type BadFile = 'bad_key' | 'bad_policy' | 'bad_checkpoint' | 'bad_tsa';

async function text(path: string, code: BadFile, what: string): Promise<string> {
  const info = await stat(path);
  if (!info.isFile() || info.size > LIMITS.backupBytes) throw new VerifyError(code, `${path} is not ${what}`);
  return readFile(path, 'utf8');
}

/** What lies in the bundle proves nothing: whoever made the bundle made it too. */
async function warnIfInside(file: string, bundle: string, err: Print): Promise<void> {
  const [inner, outer] = await Promise.all([realpath(file), realpath(bundle)]);
  if (inner.startsWith(outer + sep))
    err(`Warning: ${file} lies inside the bundle itself. Get it from the owner by another way.\n`);
}
