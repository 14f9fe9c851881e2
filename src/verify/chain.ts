import { HashTiles, JsonError, leafHash, parseCanonical, sha256Hex, type TileSink } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { Json, JsonObject } from '../protocol/json';

/** A log entry as far as the chain vouches for it; its `data` is any JSON object yet. */
export interface LogEntry {
  seq: number;
  ts: string;
  type: string;
  data: JsonObject;
}

/** The log's vocabulary, closed: an entry that cannot be judged cannot pass. Held against the writer's by a test. */
export const ENTRY_TYPES: ReadonlySet<string> = new Set([
  'GENESIS',
  'CONFIG_SNAPSHOT',
  'ROLE_SIGNATURE',
  'POLICY_BINDING',
  'APPROVAL_REQUESTED',
  'APPROVAL_DECIDED',
  'APPROVAL_EXPIRED',
  'EXECUTION_AUTHORIZED',
  'EXECUTION_BLOCKED',
  'EXECUTION_COMPLETED',
  'EXECUTION_FAILED',
  'RUN_STARTED',
  'RUN_RESUMED',
  'RUN_STOPPED',
  'RUN_COMPLETED',
  'RUN_FAILED',
  'STAGE_STARTED',
  'STAGE_COMPLETED',
  'STAGE_FAILED',
  'VOTE_CAST',
  'PROMOTION',
  'ROLLBACK',
  'AUDIT_EXPORT',
  'HTTP_FETCHED',
  'KEY_SEALED',
  'KEY_ROTATED',
  'KEY_REVOKED',
  'TRUSTEES_SET',
  'RECOVERY',
  'OPENING_ERASED',
  'SKILL_INSTALLED',
  'SKILL_ROLLED_BACK',
  'SKILL_PINNED',
  'SKILL_REVOKED',
  'AUTHOR_TRUSTED',
  'AUTHOR_REVOKED',
  'IDENTITY_RESTORED',
  'DEVICE_REBOUND',
  'TAIL_TRUNCATED',
  'CLOCK_STEPPED_BACK',
  'WITNESSES_SET',
  'MESH_CREATED',
  'MESH_JOINED',
  'MESH_ROSTER',
  'MESH_LEFT',
  'MESH_INVITED',
  'MESH_INVITATION_ENDED',
  'MESH_RIGHTS_SET',
  'MESH_PEER_DROPPED',
  'LOG_RESTARTED',
  'NODE_STARTED',
  'SUBSYSTEM_RESTARTED',
]);

const KEYS = ['data', 'prev', 'seq', 'severity', 'ts', 'type', 'v'].join();
const LF = 10;

/** The chain and the tree over a log's lines, one line at a time. Pure. */
export class Chain {
  readonly tree: HashTiles;
  firstTime: string | null = null;
  lastTime: string | null = null;
  /** The time of the last entry at each size that was asked for, once the log reached it; none before it is later. */
  readonly times = new Map<number, string | null>();
  #prev = '0'.repeat(64);

  /** @param sizes whose times are kept */
  constructor(
    private readonly sizes: ReadonlySet<number>,
    tiles: TileSink,
  ) {
    this.tree = new HashTiles(tiles);
  }

  /** Takes in the next line. `flaws` are in words; `entry` is absent when the line is none. */
  add(line: Uint8Array): { entry?: LogEntry; flaws: string[] } {
    const flaws: string[] = [];
    const seq = this.tree.size;
    const entry = readLine(line, flaws);
    if (entry) this.#compare(entry, seq, flaws);
    this.#prev = sha256Hex(line);
    this.tree.append(leafHash(line));
    if (this.sizes.has(this.tree.size)) this.times.set(this.tree.size, this.lastTime);
    return entry ? { entry, flaws } : { flaws };
  }

  #compare(entry: Raw, seq: number, flaws: string[]): void {
    if (entry.seq !== seq) flaws.push(`it says it is entry ${entry.seq}`);
    // Whoever reads it on goes by its place: a number that it made up may be past the end of the log.
    entry.seq = seq;
    if (entry.prev !== this.#prev) flaws.push('it does not carry the hash of the line before it');
    if (this.lastTime !== null && entry.ts < this.lastTime)
      flaws.push('its time is before that of the entry before it');
    this.firstTime ??= entry.ts;
    this.lastTime = entry.ts;
  }
}

interface Raw extends LogEntry {
  prev: string;
}

function readLine(line: Uint8Array, flaws: string[]): Raw | undefined {
  if (line.length > LIMITS.entryBytes) flaws.push(`it is longer than ${LIMITS.entryBytes} bytes`);
  else if (line[line.length - 1] !== LF) flaws.push('it has no line feed at its end');
  if (flaws.length > 0) return undefined;
  try {
    const entry = asEntry(parseCanonical(line.subarray(0, -1)));
    if (!entry) flaws.push('it does not have the fields of an entry');
    return entry;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    flaws.push(`it is not canonical JSON (${error.message})`);
    return undefined;
  }
}

function asEntry(json: Json): Raw | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { v, seq, ts, type, severity, prev, data } = json as JsonObject;
  if (Object.keys(json).join() !== KEYS || v !== 1) return undefined;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return undefined;
  if (typeof ts !== 'string' || Number.isNaN(timeOf(ts)) || typeof prev !== 'string' || !/^[0-9a-f]{64}$/.test(prev))
    return undefined;
  if (typeof type !== 'string' || !ENTRY_TYPES.has(type)) return undefined;
  if (severity !== 'INFO' && severity !== 'WARNING' && severity !== 'CRITICAL') return undefined;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  return { seq, ts, type, prev, data: data as JsonObject };
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
/** ms since 1970 of ISO 8601 UTC with milliseconds; NaN for another form or a moment that does not exist. */
export function timeOf(text: string): number {
  const ms = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(ms) && new Date(ms).toISOString() === text ? ms : Number.NaN;
}
