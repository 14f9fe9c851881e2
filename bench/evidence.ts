/** Figures of evidence: a bundle of 10,000 entries made, and verified with key and policies as *Verify* does. */
import { buildBundle, zipBundle } from '../src/audit/export';
import { formatCheckpoint, HashTiles, hex, leafHash, signNote } from '../src/crypto';
import { bytesSource, verifyBundle, zipReader } from '../src/verify';
import { createReplay } from '../src/verify/replay';
import { longLog } from '../src/verify/testing/long';
import { makeSample, type Sample } from '../src/verify/testing/sample';
import { figure, type Figure } from './log';
import type { BenchRealm } from './realm';

const ENTRIES = 10_000;
const ROUNDS = 5;
const ORIGIN = /^[^\n]*/;

export async function benchEvidence(realm: BenchRealm): Promise<Figure[]> {
  const cedar = await realm.loadCedar();
  const sample = await makeSample(cedar);
  const input = await readyToExport(sample);
  const [exports, verifies]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const zip = zipBundle(await buildBundle(input));
    const made = performance.now();
    const options = { governanceKey: sample.keys.governance.publicKey, replay: createReplay(cedar) };
    const report = await verifyBundle(await zipReader(bytesSource(zip)), options);
    verifies.push(performance.now() - made);
    exports.push(made - start);
    if (report.facts.problems > 0 || report.verdicts.policyReplay !== 'pass') throw new Error('it does not verify');
  }
  return [
    figure(`export a bundle of ${ENTRIES}`, exports, ENTRIES),
    figure(`verify a bundle of ${ENTRIES}`, verifies, ENTRIES),
  ];
}

/** A log of really signed orders in memory, and its signed head. */
async function readyToExport(sample: Sample) {
  const all: Uint8Array[] = [];
  for await (const some of longLog(sample, ENTRIES)) all.push(...some);
  const tree = new HashTiles();
  for (const line of all) tree.append(leafHash(line));
  const note = sample.files.find(({ path }) => path === 'log/checkpoint')!.bytes;
  const [origin] = ORIGIN.exec(new TextDecoder().decode(note))!;
  const head = { origin, size: all.length, root: hex(tree.root()) };
  const signed = await signNote(formatCheckpoint(head), origin, sample.keys.log);
  async function* lines(from: number, to: number): AsyncGenerator<Uint8Array> {
    for (const line of all.slice(from, to)) yield await Promise.resolve(line);
  }
  const log = { origin, lines };
  return { log, blobs: sample.blobs, checkpoint: { ...head, note: signed }, signers: sample.keys, run: null };
}
