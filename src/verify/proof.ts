import * as v from 'valibot';
import {
  concat,
  fromHex,
  JsonError,
  leafHash,
  parseCanonical,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  parseVkey,
  verifyInclusion,
  verifyNote,
  type CheckpointBody,
  type Note,
  type NoteKey,
  type TlogProof,
} from '../crypto';
import { LIMITS } from '../protocol/limits';
import { VERDICTS, VerifyError, type Report, type VerdictName, type WitnessedHead } from './types';
import { cosignedBy, quorumTime, readPinnedPolicy } from './witnesses';

export interface ProofInput {
  /** A C2SP tlog-proof. */
  proof: Uint8Array;
  /** The entry's line as it is stored; its LF may be missing. */
  entry: Uint8Array;
}

export interface ProofOptions {
  /** The log's verifier key (vkey), from outside. */
  logKey?: string;
  /** A C2SP witness policy, from outside. A log that it names need not be given as `logKey` too. */
  witnessPolicy?: string;
}

interface Read {
  tlog: TlogProof;
  note: Note;
  body: CheckpointBody;
  leaf: Uint8Array;
  seq: number;
  ts: string;
}

const Line = v.looseObject({
  seq: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ts: v.pipe(v.string(), v.isoTimestamp()),
});

/** What was found about one entry and its proof. */
class Judgement {
  readonly problems: Report['problems'] = [];
  readonly reasons: Record<VerdictName, string> = {
    integrity: '',
    authenticity: 'unauthenticated: without the log key from outside, anyone could have made this proof.',
    nonEquivocation: 'Not checked: without a witness policy, its owner could show others another log.',
    time: "Not checked: the time in the entry is the node's own clock; no witness that you trust vouches for it.",
    policyReplay: 'Not part of a proof of one entry: take the whole bundle for that.',
    execution: 'Not part of a proof of one entry: take the whole bundle for that.',
  };
  readonly passed = new Set<VerdictName>();
  witnessed: WitnessedHead[] = [];

  pass(verdict: VerdictName, reason: string): void {
    this.passed.add(verdict);
    this.reasons[verdict] = reason;
  }

  fail(verdict: VerdictName, code: string, message: string): void {
    this.problems.push({ code, where: verdict === 'integrity' ? 'entry' : 'proof', message, verdict });
    this.reasons[verdict] = message;
  }
}

/**
 * Judges by its bytes alone that an entry is in a log. policyReplay and execution are always `unknown`: one entry holds
 * no policies, nor what a run took.
 *
 * @throws VerifyError `not_a_proof`, `bad_key`, `bad_policy`.
 */
export async function verifyEntryProof(input: ProofInput, options: ProofOptions = {}): Promise<Report> {
  const policy = options.witnessPolicy === undefined ? undefined : readPinnedPolicy(options.witnessPolicy);
  const pinned = [...(options.logKey === undefined ? [] : [readLogKey(options.logKey)]), ...(policy?.logs ?? [])];
  const read = readInput(input);
  const found = new Judgement();
  checkPlace(read, found);
  if (pinned.length > 0) await checkLogKey(read, pinned, found);
  if (policy) {
    const cosigned = await cosignedBy(read.note, policy);
    found.witnessed = cosigned.map(({ witness, at }) => ({ size: read.body.size, witness, time: iso(at) }));
    checkQuorum(read, quorumTime(cosigned, policy), policy.satisfied(new Set()), found);
  }
  return report(input, read, found);
}

function readInput({ proof, entry }: ProofInput): Read {
  const tlog = parseTlogProof(proof);
  const note = tlog && parseNote(tlog.checkpointNote);
  const body = note && parseCheckpoint(note.text);
  if (!tlog || !note || !body) throw notAProof('It is not a c2sp.org/tlog-proof@v1 with a checkpoint.');
  if (entry.length > LIMITS.entryBytes) throw notAProof('The entry is longer than any entry of a log.');
  const leaf = entry.at(-1) === LF ? entry : concat(entry, Uint8Array.of(LF));
  try {
    const line = v.safeParse(Line, parseCanonical(leaf.subarray(0, -1)));
    if (line.success) return { tlog, note, body, leaf, ...line.output };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  throw notAProof('The entry is not one line of a log in canonical JSON.');
}

const LF = 0x0a;

function checkPlace({ tlog, body, leaf, seq }: Read, found: Judgement): void {
  const where = `entry ${tlog.index} of the ${body.size} that its checkpoint covers`;
  if (!verifyInclusion(leafHash(leaf), tlog.index, body.size, tlog.proof, fromHex(body.root)!))
    found.fail('integrity', 'not_included', `This is not ${where}: it was changed, or the proof is another's.`);
  else if (seq !== tlog.index)
    found.fail('integrity', 'wrong_seq', `It stands at place ${tlog.index}, but says to be entry ${seq}.`);
  else found.pass('integrity', `It is, to the byte, ${where}.`);
}

async function checkLogKey({ note, body }: Read, pinned: readonly NoteKey[], found: Judgement): Promise<void> {
  const keys = pinned.filter(({ name }) => name === body.origin);
  const signed = await Promise.all(keys.map((key) => verifyNote(note, key)));
  if (signed.includes(true))
    found.pass('authenticity', `The key of ${body.origin} that you gave signed the checkpoint.`);
  else if (keys.length > 0)
    found.fail('authenticity', 'bad_checkpoint_signature', 'The log key that you gave did not sign this.');
  else found.fail('authenticity', 'foreign_log', `The checkpoint is of ${body.origin}, not of the log that you gave.`);
}

function checkQuorum(read: Read, time: number | undefined, anyone: boolean, found: Judgement): void {
  const { body, ts } = read;
  if (anyone) {
    found.reasons.nonEquivocation = 'Not checked: the policy that you gave asks for no witness.';
    return;
  }
  if (time === undefined)
    return found.fail('nonEquivocation', 'no_quorum', 'Not enough of the witnesses that you trust cosigned this log.');
  found.pass('nonEquivocation', `Enough of the witnesses that you trust cosigned the log of ${body.size} entries.`);
  if (Date.parse(ts) > time * 1000 + LIMITS.witnessClockMs)
    found.fail('time', 'later_than_seen', `It says ${ts}, but witnesses saw it at ${iso(time)} already.`);
  else found.pass('time', `It existed by ${iso(time)}: enough witnesses say so.`);
}

function report({ proof, entry }: ProofInput, { body, ts }: Read, found: Judgement): Report {
  const failed = new Set(found.problems.map((problem) => problem.verdict));
  // Signatures speak for the log; an entry that is not in it they do not speak for.
  const intact = !failed.has('integrity');
  const of = (name: VerdictName): Report['verdicts'][VerdictName] =>
    failed.has(name) ? 'fail' : found.passed.has(name) && intact ? 'pass' : 'unknown';
  if (!intact) for (const name of VERDICTS) if (name !== 'integrity') blank(name);
  return {
    format: 'tlog-proof',
    verdicts: Object.fromEntries(VERDICTS.map((name) => [name, of(name)])) as Report['verdicts'],
    reasons: found.reasons,
    problems: found.problems,
    facts: {
      origin: body.origin,
      entries: body.size,
      root: body.root,
      firstTime: ts,
      lastTime: ts,
      files: 2,
      bytes: proof.length + entry.length,
      governanceKey: null,
      run: null,
      witnessed: found.witnessed,
      disclosed: [],
      problems: found.problems.length,
    },
  };

  function blank(name: VerdictName): void {
    if (found.passed.has(name)) found.reasons[name] = 'The entry is not in this log, so nothing vouches for it.';
  }
}

function readLogKey(text: string): NoteKey {
  const key = parseVkey(text.trim());
  if (key) return key;
  throw new VerifyError('bad_key', 'This is not the key of a log.', {
    advice: 'Give the log.vkey that the owner of the node handed you: one line, name+hash+key.',
  });
}

const notAProof = (why: string): VerifyError =>
  new VerifyError('not_a_proof', why, {
    advice: 'Give the .tlog-proof and the entry as they were handed out together.',
  });

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
