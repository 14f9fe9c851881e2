/** Pairings under way, as the owner sees them: each waits for a yes on both devices. */
import { hex } from '../../crypto';
import { MeshError } from '../../mesh';
import type { PairingView } from '../../protocol/mesh';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Random } from '../../protocol/runtime';
import type { Schedule } from '../supervisor';

interface Parts {
  random: Random;
  schedule: Schedule;
  /** Four words of a peer's key. */
  words: (peer: string) => string;
  changed: () => void;
}

export class Pairings {
  readonly #parts: Parts;
  readonly #all = new Map<string, Pairing>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  views(): PairingView[] {
    return [...this.#all.values()].map(({ view }) => ({ ...view }));
  }

  /** Whether one of them is not over. */
  get active(): number {
    return [...this.#all.values()].filter((pairing) => !pairing.over).length;
  }

  /** @throws MeshError `overloaded` */
  begin(side: PairingView['side'], peer: string, name: string): Pairing {
    if (this.active >= MESH_LIMITS.pairings) throw new MeshError('overloaded', 'Too many devices are pairing at once.');
    // What is over makes room, oldest first.
    for (const [id, { over }] of this.#all) {
      if (over && this.#all.size >= MESH_LIMITS.pairings) this.#all.delete(id);
    }
    const { random, schedule, words, changed } = this.#parts;
    const id = hex(random.bytes(16));
    const view: PairingView = { id, side, peer, name, words: words(peer), state: 'connecting' };
    const pairing = new Pairing(view, schedule, changed);
    this.#all.set(id, pairing);
    changed();
    return pairing;
  }

  /** @throws MeshError `refused` for one that waits for nothing */
  decide(id: string, yes: boolean): void {
    const pairing = this.#all.get(id);
    if (!pairing) return;
    if (pairing.over) this.#all.delete(id);
    else pairing.decide(yes);
    this.#parts.changed();
  }

  close(): void {
    for (const pairing of this.#all.values()) pairing.cancel();
    this.#all.clear();
  }
}

export class Pairing {
  readonly view: PairingView;
  /** Aborted when our owner says no, or too much time has passed. */
  readonly ended = new AbortController();
  readonly #changed: () => void;
  readonly #cancelTimer: () => void;
  #answer: ((yes: boolean) => void) | undefined;
  #onFailed = (): void => undefined;

  constructor(view: PairingView, schedule: Schedule, changed: () => void) {
    this.view = view;
    this.#changed = changed;
    this.#cancelTimer = schedule(() => this.cancel(), MESH_LIMITS.pairingMs);
  }

  get over(): boolean {
    return this.view.state === 'done' || this.view.state === 'failed';
  }

  /** The other device is there under this name: waits for our owner. */
  meet(name: string): Promise<boolean> {
    this.view.name = name;
    delete this.view.answer;
    this.#to('confirm');
    return new Promise((resolve) => (this.#answer = resolve));
  }

  /** The code that the other device must scan before it can be reached. */
  show(code: string): void {
    this.view.answer = code;
    this.#changed();
  }

  /** Told once, when it did not work. */
  onFailed(listener: () => void): void {
    this.#onFailed = listener;
  }

  /** There is no way to the other device any more. */
  lost(): void {
    if (!this.over) this.cancel();
  }

  decide(yes: boolean): void {
    if (yes && this.view.state !== 'confirm') return;
    if (yes) this.#to('waiting');
    this.#answer?.(yes);
    if (!yes && this.view.state === 'connecting') this.cancel();
  }

  done(): void {
    this.#cancelTimer();
    this.#to('done');
  }

  failed(error: unknown): void {
    this.#cancelTimer();
    this.view.problem = error instanceof Error ? error.message : 'Something went wrong.';
    this.#to('failed');
    this.#onFailed();
  }

  cancel(): void {
    this.#answer?.(false);
    this.ended.abort();
  }

  #to(state: PairingView['state']): void {
    this.view.state = state;
    this.#changed();
  }
}
