/**
 * Members tell each other the newest heads of their logs, on a topic: how far each is, and whether it shows the same log
 * to all. A head is believed where this node's own witness knows the log: it checks the log's signature, and keeps two
 * heads of one size that differ as evidence.
 */
import type { AuditLog } from '../../audit';
import { fromUtf8, parseCheckpoint, parseNote, sha256Hex, utf8 } from '../../crypto';
import { MeshError, publicKeyOfPeer, type Mesh } from '../../mesh';
import type { Heard, Topics } from '../../mesh/topics';
import type { LogHead } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Witness } from '../../witness';
import { Paced } from '../paced';
import type { Schedule } from '../supervisor';

const TOPIC = 'heads';

interface HeadsParts {
  mesh: Mesh;
  log: Pick<AuditLog, 'lastCheckpoint' | 'onCheckpoint'>;
  topics: Topics;
  witness: Pick<Witness, 'addCheckpoint' | 'heads' | 'forks'>;
  schedule: Schedule;
  /** What {@link Heads.of} tells is another. */
  changed: () => void;
}

export class Heads {
  readonly #parts: HeadsParts;
  readonly #heads = new Map<string, { size: number; at: string; origin: string }>();
  /** Whose word came in this life: who says something for the first time is told ours. */
  readonly #heard = new Set<string>();
  /** The newest word of each whose log the witness does not know yet: a member tells of its log as it registers it. */
  readonly #early = new Map<string, Heard>();
  readonly #paced: Paced<undefined>;
  readonly #stops: (() => void)[];
  #cancelBeat = (): void => undefined;
  #stopped = false;

  constructor(parts: HeadsParts) {
    this.#parts = parts;
    const { log, topics, schedule } = parts;
    this.#paced = new Paced(schedule, MESH_LIMITS.headMs, () => this.#announce());
    this.#stops = [
      topics.subscribe(TOPIC, (heard) => void this.#hear(heard).catch(() => undefined)),
      log.onCheckpoint(() => this.#paced.say(undefined)),
    ];
    this.#beat();
  }

  /** The newest head that this member told of its log. */
  of(peer: string): LogHead | null {
    const head = this.#heads.get(peer);
    if (!head) return null;
    return { size: head.size, at: head.at, forked: this.isForked(peer) };
  }

  /** Whether a log of this member's key has two histories, by what the witness keeps. A proof that anyone may have sent counts not. */
  isForked(peer: string): boolean {
    const prefix = originsOf(peer);
    return this.#parts.witness.forks().some(({ origin, proven }) => proven && origin.startsWith(prefix));
  }

  /** Whether this member said something in this life: it has the keys that the mesh was opened with. */
  heard(peer: string): boolean {
    return this.#heard.has(peer);
  }

  /** The witness knows one more log. */
  reconsider(): void {
    for (const heard of this.#early.values()) void this.#hear(heard).catch(() => undefined);
  }

  /**
   * The head of this member's log that this node cosigned last, in this life or before: of the log that it told of, or of
   * its only one.
   * @throws MeshError `unreachable` while it has not said which of several it writes
   */
  cosigned(peer: string): { size: number; root: string } | undefined {
    const all = this.#parts.witness.heads(originsOf(peer));
    const told = this.#heads.get(peer)?.origin;
    if (told !== undefined || all.length < 2) return all.find(({ origin }) => (told ?? origin) === origin);
    throw new MeshError('unreachable', 'This device has not said yet which of its logs it writes now.', {
      advice: 'Try again in a minute.',
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelBeat();
    this.#paced.end();
    for (const stop of this.#stops) stop();
  }

  /** Now and then, for those who came since, or whom gossip passed by. */
  #beat(): void {
    if (this.#stopped) return;
    this.#paced.say(undefined);
    this.#cancelBeat = this.#parts.schedule(() => this.#beat(), MESH_LIMITS.headBeatMs);
  }

  #announce(): void {
    const { topics, log } = this.#parts;
    const head = log.lastCheckpoint;
    // Whoever does not hear it hears the next one.
    if (head) void topics.publish(TOPIC, utf8(head.note)).catch(() => undefined);
  }

  async #hear(heard: Heard): Promise<void> {
    const { from, bytes, sent } = heard;
    const { witness, mesh, changed } = this.#parts;
    if (from === mesh.self) return;
    if (!this.#heard.has(from)) this.#paced.say(undefined);
    this.#heard.add(from);
    const head = readHead(from, bytes);
    if (!head) return;
    const { status } = await witness.addCheckpoint(utf8(`old ${head.size}\n\n${head.note}`));
    if (status === 404) this.#early.set(from, heard);
    else this.#early.delete(from);
    // 409: another size than the witness holds, or another tree of that size, which it keeps.
    if (status !== 200 && status !== 409) return;
    const before = this.#heads.get(from);
    if (!before || before.origin !== head.origin || before.size < head.size) {
      this.#heads.set(from, { size: head.size, at: new Date(sent).toISOString(), origin: head.origin });
    }
    changed();
  }
}

/** What the names of all logs of a member's node key begin with. */
const originsOf = (peer: string): string => `sovereign-node/${sha256Hex(publicKeyOfPeer(peer)!).slice(0, 16)}/`;

/** A checkpoint of the log that belongs to this peer's key. */
function readHead(peer: string, bytes: Uint8Array): { origin: string; size: number; note: string } | undefined {
  const text = textOf(bytes);
  const note = text === undefined ? undefined : parseNote(text);
  const body = note && parseCheckpoint(note.text);
  if (!body?.origin.startsWith(originsOf(peer))) return undefined;
  return { origin: body.origin, size: body.size, note: text! };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
