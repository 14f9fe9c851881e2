/** Judges what a member answered to a delegated run, by its bytes alone and the peer id that Noise proved. */
import * as v from 'valibot';
import { parseLine } from '../../audit';
import type { Entry } from '../../audit';
import {
  fromBase64,
  fromHex,
  jcs,
  jcsBytes,
  leafHash,
  noteKey,
  parseCheckpoint,
  parseNote,
  parseTlogProof,
  sha256Hex,
  utf8,
  verifyConsistency,
  verifyInclusion,
  verifyNote,
} from '../../crypto';
import { parseOrder, verifyJcs, type WorkOrder } from '../../governance';
import { executionIn, parseExecution, type ExecutionRecord } from '../../protocol/execution';
import type { Json, JsonObject } from '../../protocol/json';
import { allowedBy, strayed } from '../../verify/execution';
import { MeshError } from '../errors';
import { publicKeyOfPeer } from '../peer-id';
import { Evidence, type Ask, type Keys, type Proven } from './wire';

/** A checkpoint's place in a log. */
export interface Head {
  size: number;
  /** Hex. */
  root: string;
}

export interface DelegatedRun {
  order: WorkOrder;
  /** `EXECUTION_COMPLETED` or `EXECUTION_FAILED`, as it stands in the member's log. */
  ended: Entry;
  /** What the run followed from and gave: enough to make it again. None when it failed before it began. */
  execution: ExecutionRecord | undefined;
  /** The member's log, and the checkpoint that both entries were proven under. */
  log: Head & { origin: string; note: string };
}

/**
 * Everything must hold: the node key names the log's keys; both entries are in the log under its signed checkpoint, which
 * extends the head that was known; the order is signed, for this skill, module and input, for the asker and this very
 * request, with the arguments that the asker's own would have; the outcome is that order's, and the run is one that it allows.
 *
 * @param known the head that `ask.seen` is the size of
 * @throws MeshError `bad_signature`, `digest_mismatch`, `frame_malformed`.
 */
export async function verifyRun(evidence: Evidence, known?: Head): Promise<DelegatedRun> {
  const { asker, member, args, ask, answer } = evidence;
  const { keys } = answer;
  await checkKeys(keys, member);
  const [authorized, ended] = [await entryOf(answer.authorized, keys), await entryOf(answer.ended, keys)];
  const { log } = ended;
  if (authorized.log.size !== log.size || authorized.log.root !== log.root) throw unlike('the entries are of two logs');
  if (known) checkExtends(known, log, answer.consistency);
  const order = await orderOf(authorized.entry, ask, asker, keys, args);
  const execution = outcomeOf(ended.entry, authorized.entry, order);
  return { order, ended: ended.entry, execution, log: { ...log, origin: keys.origin } };
}

/** The same of evidence that was kept, as JSON. @throws MeshError as {@link verifyRun} */
export async function verifyEvidence(json: unknown): Promise<DelegatedRun> {
  const parsed = v.safeParse(Evidence, json);
  if (!parsed.success) throw new MeshError('frame_malformed', 'this is no evidence of a run by another member');
  return verifyRun(parsed.output);
}

/** What it shows now must begin with what it, or a witness, showed before. */
function checkExtends(known: Head, log: Head, consistency: readonly string[]): void {
  const proof = consistency.map((text) => fromBase64(text));
  const whole = proof.filter((hash) => hash !== undefined);
  const holds =
    whole.length === proof.length &&
    verifyConsistency(known.size, log.size, fromHex(known.root)!, fromHex(log.root)!, whole);
  if (!holds) throw unlike('its log is not the one that it showed before');
}

async function checkKeys({ signature, ...body }: Keys, peer: string): Promise<void> {
  const node = publicKeyOfPeer(peer);
  const own = node && `sovereign-node/${sha256Hex(node).slice(0, 16)}/`;
  if (!own || !body.origin.startsWith(own)) throw unlike('the log is not that of this member');
  if (!(await verifyJcs(node, body, signature))) throw unsigned('the member’s node key did not name these keys');
}

type Placed = { entry: Entry; log: Head & { note: string } };

async function entryOf({ line, proof }: Proven, keys: Keys): Promise<Placed> {
  const tlog = parseTlogProof(proof);
  const note = tlog && parseNote(tlog.checkpointNote);
  const body = note && parseCheckpoint(note.text);
  if (!body) throw new MeshError('frame_malformed', 'what came with an entry is no proof');
  if (body.origin !== keys.origin || !(await verifyNote(note, noteKey(keys.origin, fromHex(keys.log)!)))) {
    throw unsigned('the log’s key did not sign the checkpoint');
  }
  const bytes = utf8(`${line}\n`);
  if (!verifyInclusion(leafHash(bytes), tlog.index, body.size, tlog.proof, fromHex(body.root)!)) {
    throw unlike('an entry is not in the log that the checkpoint is of');
  }
  const entry = read(() => parseLine(bytes));
  if (entry.seq !== tlog.index) throw unlike('an entry stands at another place than it says');
  return { entry, log: { size: body.size, root: body.root, note: tlog.checkpointNote } };
}

async function orderOf(
  entry: Entry,
  asked: Ask,
  asker: string,
  keys: Keys,
  wanted: JsonObject | undefined,
): Promise<WorkOrder> {
  if (entry.type !== 'EXECUTION_AUTHORIZED') throw unlike('the first entry authorises nothing');
  const order = read(() => parseOrder(entry.data['order']));
  const { signature, ...body } = order;
  if (!(await verifyJcs(fromHex(keys.governance)!, body, signature))) throw unsigned('the work order is not signed');
  const args = object(entry.data['arguments']);
  if (sha256Hex(jcsBytes(args)) !== order.arguments_sha256) throw unlike('the arguments are not those of the order');
  const context = object(object(entry.data['request'])['context']);
  const same =
    order.action === 'run_skill' &&
    order.audience === 'skills' &&
    order.resource.type === 'Skill' &&
    order.resource.id === asked.skill &&
    args['module_sha256'] === asked.module_sha256 &&
    args['input_sha256'] === asked.input_sha256;
  if (!same) throw unlike('the order is for another run than was asked for');
  // One module may be many skills, which their entry alone tells apart; and little gas makes another run of any.
  const other = wanted && Object.keys({ ...wanted, ...args }).find((name) => !equal(wanted[name], args[name]));
  if (other !== undefined) throw unlike(`the order’s ${other} is another than this skill has here`);
  if (order.principal.type !== 'Member' || order.principal.id !== asker) throw unlike('the order is for somebody else');
  if (context['delegation'] !== asked.request) throw unlike('the order answers another request');
  return order;
}

function outcomeOf(ended: Entry, authorized: Entry, order: WorkOrder): ExecutionRecord | undefined {
  if (ended.type !== 'EXECUTION_COMPLETED' && ended.type !== 'EXECUTION_FAILED') throw unlike('the run did not end');
  const { order_id, authorized_seq } = ended.data;
  const follows = ended.seq > authorized.seq && authorized_seq === authorized.seq && order_id === order.order_id;
  if (!follows) throw unlike('the outcome is another order’s');
  const completed = ended.type === 'EXECUTION_COMPLETED';
  if (completed && sha256Hex(jcsBytes(ended.data['result'] ?? null)) !== ended.data['result_sha256']) {
    throw unlike('the result is not the one that was logged by its digest');
  }
  const raw = executionIn(ended.type, ended.data);
  const execution = raw === undefined ? undefined : parseExecution(raw);
  if (raw !== undefined && !execution) throw new MeshError('frame_malformed', 'the record of the run cannot be read');
  if (!execution) {
    if (completed) throw unlike('a run that completed has no record');
    return undefined;
  }
  const allowed = allowedBy(authorized.data);
  const field = allowed ? strayed(execution, allowed) : 'action';
  if (field !== undefined) throw unlike(`the record is of another run than the order allows: ${field} differs`);
  const code = completed ? 'ok' : ended.data['code'];
  if (execution.outcome !== code) throw unlike('the record is of another outcome');
  return execution;
}

const equal = (a: Json | undefined, b: Json | undefined): boolean => jcs(a ?? null) === jcs(b ?? null);

const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};

function read<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new MeshError('frame_malformed', 'an entry of the log cannot be read', { cause });
  }
}

const ADVICE = 'Nothing of it was believed. Ask its owner, and compare checkpoints.';
const unlike = (why: string): MeshError => new MeshError('digest_mismatch', why, { advice: ADVICE });
const unsigned = (why: string): MeshError => new MeshError('bad_signature', why, { advice: ADVICE });
