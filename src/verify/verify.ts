import { hex, isSafePublicKey } from '../crypto';
import type { KeyLife } from '../keys';
import { BUNDLE } from '../protocol/bundle';
import { checkStatements, Contents, readAbout, type About } from './contents';
import { Derived, expectPlainSignatures, expectTree, tileSink } from './derived';
import { ExecutionPass } from './execution';
import { Findings } from './findings';
import { Heads } from './heads';
import { expectInToto } from './in-toto';
import { checkKeyFiles, checkLog, readKey, type LogPass } from './log';
import { checkListSignatures, FileList, loadFiles, type Loaded } from './manifest';
import { Openings } from './openings';
import { ReplayPass } from './replay';
import { findSeed, verifySeed } from './seed';
import { Timestamps } from './timestamps';
import { VerifyError, type BundleReader, type Report, type VerifyOptions } from './types';
import { Work } from './work';

/** Any of these makes it a bundle that can be judged; without all of them it is something else. */
const MARKS = [BUNDLE.about, BUNDLE.sums, BUNDLE.entries];

/**
 * Judges a bundle by its bytes alone: nothing in it is believed because it says so. Reads every file once and writes
 * nothing. What is wrong becomes a problem and a failed verdict; only what cannot be judged at all is thrown.
 *
 * @throws VerifyError `not_a_bundle`, `bad_key` (the pinned key is not a safe Ed25519 key), `bad_policy`, `bad_tsa`, `cancelled`.
 */
export async function verifyBundle(reader: BundleReader, options: VerifyOptions = {}): Promise<Report> {
  if (options.governanceKey && !isSafePublicKey(options.governanceKey)) throw badKey();
  const isOwn = reader.damage !== undefined || MARKS.some((path) => reader.files.includes(path));
  const seed = isOwn ? undefined : await findSeed(reader);
  return seed ? verifySeed(reader, seed, options) : verifyOwn(reader, options);
}

async function verifyOwn(reader: BundleReader, options: VerifyOptions): Promise<Report> {
  const pin = options.governanceKey;
  const findings = new Findings();
  const work = new Work(findings, options);
  if (reader.damage !== undefined) findings.add('integrity', 'zip_changed', 'the zip', `${reader.damage}.`);
  else if (!MARKS.some((path) => reader.files.includes(path))) {
    throw new VerifyError('not_a_bundle', 'This holds none of the files of a bundle.', {
      advice: 'Choose the zip that was exported, or the directory it unpacks to.',
    });
  }
  // A zip too damaged to be looked into: nothing more can be said.
  if (reader.files.length === 0) return findings.report(pin !== undefined);
  findings.facts.files = reader.files.length;
  findings.facts.bytes = reader.bytes;
  const loaded = await loadFiles(reader, findings, work);
  const list = new FileList(loaded, findings);
  list.compare();
  const key = checkKeys(loaded, pin, findings);
  if (key) await checkListSignatures(loaded, key, findings);
  const about = readAbout(loaded.bytes.get(BUNDLE.about), findings);
  findings.facts.run = about?.run ?? null;
  const contents = new Contents(loaded, about, findings);
  const replay = new ReplayPass(loaded, options.replay, findings);
  const executions = new ExecutionPass(loaded, about, options.executions, findings);
  const openings = new Openings(loaded, findings);
  const heads = new Heads(loaded, options, findings);
  const timestamps = new Timestamps(loaded, options, findings);
  const derived = new Derived(loaded, findings);
  const { sizes } = heads;
  const tiles = tileSink(loaded, sizes, derived);
  const readers = { contents, replay, executions, openings, sizes, tiles, run: about?.run ?? null };
  const pass = await checkLog(reader, loaded, readers, findings, work);
  list.compareOne(BUNDLE.entries);
  contents.finish();
  replay.finish();
  executions.finish();
  openings.finish();
  if (pin && pass.state.keys && !pass.state.life.follows('governance', hex(pin)))
    foreignKey(pass.state.life, hex(pin), findings);
  await heads.check(pass);
  await timestamps.check(pass, heads.signed);
  await checkFiles(derived, loaded, about, heads, pass, findings);
  derived.finish(list);
  work.step('statements', 0, 1);
  await checkStatements(loaded, contents, pass.state, findings);
  await executions.replay(reader, work, options.signal);
  work.step('done', 1, 1);
  return findings.report(pin !== undefined);
}

/**
 * The key that the list is to be signed by: the one that is stated inside. Whether the one from outside leads to it, the
 * log says: keys are rotated.
 */
function checkKeys(loaded: Loaded, pin: Uint8Array | undefined, findings: Findings): Uint8Array | undefined {
  const stated = readKey(loaded.bytes, 'governance');
  findings.facts.governanceKey = stated ? hex(stated) : null;
  return stated ?? pin;
}

function foreignKey(life: KeyLife, pin: string, findings: Findings): void {
  const known = life.spans.find((span) => span.purpose === 'governance' && span.key === pin);
  const what = known
    ? 'The governance key that you gave was replaced by one that it does not vouch for: ask the owner for the new one.'
    : 'The log is by another governance key than the one that you gave.';
  findings.add('authenticity', 'foreign_key', `${BUNDLE.entries}:${(known?.until?.seq ?? 0) + 1}`, what);
}

/** The files that follow from the log and its keys; and that there is no other. */
async function checkFiles(
  derived: Derived,
  loaded: Loaded,
  about: About | undefined,
  heads: Heads,
  pass: LogPass,
  findings: Findings,
): Promise<void> {
  checkKeyFiles(loaded.bytes, pass.state, findings);
  if (about && about.origin !== pass.state.origin)
    findings.add('integrity', 'bad_about', BUNDLE.about, 'The description is of another log.');
  heads.expectFiles(pass, derived);
  if (heads.current) {
    expectTree(pass, loaded, derived);
    await expectPlainSignatures(pass, heads.current, derived, loaded, findings);
  }
  if (about) await expectInToto(pass, about.run, derived, loaded, findings);
}

const badKey = (): VerifyError =>
  new VerifyError('bad_key', 'The key is not an Ed25519 public key that can be trusted.', {
    advice: 'Give the governance.pub.pem that the owner of the node handed you.',
  });
