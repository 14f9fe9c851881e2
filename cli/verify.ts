import { realpath, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { accepted, fileReader, verifyBundle, type BundleReader, type VerifyOptions } from '../src/verify';
import { createReplay } from '../src/verify/replay';
import { directoryReader } from './bundle-directory';
import { openFile } from './bundle-file';
import { readArgs, readOptions } from './verify-args';
import { isProofAsked, runVerifyProof } from './verify-proof';
import { asJson, printReport, unreadable, type Print } from './verify-report';

/** Where `sovereign verify` speaks, and where it takes the policy engine from. */
export interface VerifyTools {
  out: Print;
  err: Print;
  /** Shows how far it got, on one line; absent where nobody looks on. */
  progress?: Print;
  loadCedar: () => Promise<Parameters<typeof createReplay>[0]>;
}

/**
 * `sovereign verify`. The exit code: 0 when every verdict that was asked for passes and, unless `--only` narrows it, none
 * fails; 1 when not; 2 when the input or the arguments cannot be read.
 */
export async function runVerify(args: readonly string[], tools: VerifyTools): Promise<number> {
  const { out, err } = tools;
  if (isProofAsked(args)) return runVerifyProof(args, out, err);
  const asked = readArgs(args, err);
  if (!asked) return 2;
  const line = new ProgressLine(tools.progress);
  const onProgress = (step: string, done: number, total: number): void => line.show(step, done, total);
  try {
    const options = { ...(await readOptions(asked, err)), onProgress };
    const replay = createReplay(await tools.loadCedar());
    const report = await withBundle(asked.path, options, (bundle) => verifyBundle(bundle, { ...options, replay }));
    line.clear();
    if (asked.json) out(`${JSON.stringify(asJson(report, asked.replay))}\n`);
    else printReport(report, { path: asked.path, options }, out);
    return accepted(report, options) ? 0 : 1;
  } catch (error) {
    line.clear();
    return unreadable(error, asked.json, out, err);
  }
}

/** Opens the bundle for as long as `use` takes. */
async function withBundle<T>(
  path: string,
  options: VerifyOptions,
  use: (bundle: BundleReader) => Promise<T>,
): Promise<T> {
  if ((await stat(path)).isDirectory()) return use(await directoryReader(path));
  const file = await openFile(await realpath(path), path);
  try {
    return await use(await fileReader(basename(path), file, options));
  } finally {
    await file.close();
  }
}

/** One line that is written over: only when it would say something else. */
class ProgressLine {
  #shown = '';
  constructor(private readonly print: Print | undefined) {}

  show(step: string, done: number, total: number): void {
    const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
    const line = `Checking ${step}: ${percent}%`;
    if (line === this.#shown) return;
    this.print?.(`\r${line.padEnd(this.#shown.length)}`);
    this.#shown = line;
  }

  clear(): void {
    if (this.#shown !== '') this.print?.(`\r${' '.repeat(this.#shown.length)}\r`);
  }
}
