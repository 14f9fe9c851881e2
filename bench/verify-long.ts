/**
 * Verifies a bundle as the terminal does, and tells time and memory: verify-long.mjs <zip> <key.pem>. A process of its
 * own, because the peak of memory is the process's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { openFile } from '../cli/bundle-file';
import { loadCedar } from '../cli/home/cedar';
import { spareMemory } from '../cli/sparing';
import { fileReader, parseGovernanceKey, verifyBundle } from '../src/verify';
import { createReplay } from '../src/verify/replay';

export interface LongFigure {
  entries: number;
  ms: number;
  /** Bytes that were resident at most, in all. */
  peak: number;
  /** Of these, beyond what the process took before it began, with the policy engine loaded. */
  more: number;
}

spareMemory();
const [path, pem] = process.argv.slice(2) as [string, string];
const options = {
  governanceKey: parseGovernanceKey(await readFile(pem, 'utf8')),
  replay: createReplay(await loadCedar()),
};
const before = process.memoryUsage().rss;
const start = performance.now();
const report = await verifyBundle(await fileReader('bundle.zip', await openFile(path)), options);
const ms = performance.now() - start;
if (report.facts.problems > 0 || report.verdicts.authenticity !== 'pass')
  throw new Error(`the bundle does not verify: ${JSON.stringify(report.problems[0])}`);
const peak = mostResident();
const figure: LongFigure = { entries: report.facts.entries ?? 0, ms, peak, more: peak - before };
console.log(JSON.stringify(figure));

/** Bytes. Linux counts in `maxRSS` also what the process that started this one had: its own record has this one's alone. */
function mostResident(): number {
  const status = '/proc/self/status';
  const kib = existsSync(status) ? /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1] : undefined;
  return (kib === undefined ? process.resourceUsage().maxRSS : Number(kib)) * 1024;
}
