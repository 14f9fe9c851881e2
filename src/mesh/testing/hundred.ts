/**
 * Many nodes in one process, over real WebSockets and the real relay: how long they take to find each other, what they
 * weigh, how fast a broadcast reaches all, and whether it still reaches the rest after many of them went at once.
 */
import { startTestRelay } from '../../../relay/radio/testkit';
import { signerFromSeed } from '../../crypto';
import { relayKeyOf } from '../pnet';
import { openMesh, type RelayedMesh } from '../libp2p';
import { testSeed } from '../testkit';

export interface HundredOptions {
  nodes: number;
  /** How many of them go at once. */
  killed: number;
  broadcasts: number;
  /** Resident memory of this process in bytes, where it can be asked. */
  memory?: () => number;
}

/** Times in milliseconds. */
export interface HundredFigures {
  /** Until every node is linked to some others. */
  linkedMs: number;
  /** Until a broadcast reached all for the first time, from then on. */
  readyMs: number;
  links: { fewest: number; median: number; most: number };
  bytesEach: number | null;
  /** Each broadcast's time to the last node. */
  broadcastMs: number[];
  /** From the death of the others to a broadcast that reached all that live. */
  recoveredMs: number;
  /** Nodes that live, and how many heard each broadcast after that. */
  survivors: number;
  heardAfterwards: number[];
}

const KEY = new Uint8Array(32).fill(9);
const TOPIC = 'hundred';
/** Nodes that open at once: a relay holds back more callers of one address until they showed its key. */
const WAVE = 24;
const LOOK_MS = 20;
const ROUND_MS = 2_000;
const OVERALL_MS = 180_000;
const ENOUGH_LINKS = 4;

/** @throws Error when the nodes do not find each other within three minutes */
export async function runHundred({ nodes, killed, broadcasts, memory }: HundredOptions): Promise<HundredFigures> {
  const relay = await startTestRelay([relayKeyOf(KEY)]);
  const before = memory?.() ?? 0;
  const crowd = new Crowd();
  try {
    const start = performance.now();
    for (let at = 0; at < nodes; at += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, nodes - at) }, (_, i) => at + i);
      await Promise.all(wave.map((i) => crowd.add(i, String(relay.address))));
      await crowd.until(() => crowd.isConnected());
    }
    const enough = Math.min(ENOUGH_LINKS, nodes - 1);
    await crowd.until(() => crowd.links().every((count) => count >= enough));
    const linkedMs = performance.now() - start;
    const readyMs = await crowd.reachAll();
    const bytesEach = memory ? Math.max(0, memory() - before) / nodes : null;
    const links = crowd.links().sort((a, b) => a - b);
    const broadcastMs: number[] = [];
    for (let i = 0; i < broadcasts; i++) broadcastMs.push((await crowd.broadcast(i)).ms);
    crowd.kill(killed);
    const recoveredMs = await crowd.reachAll();
    const heardAfterwards: number[] = [];
    for (let i = 0; i < broadcasts; i++) heardAfterwards.push((await crowd.broadcast(i)).heard);
    return {
      linkedMs,
      readyMs,
      links: { fewest: links[0]!, median: links[links.length >> 1]!, most: links.at(-1) },
      bytesEach,
      broadcastMs,
      recoveredMs,
      survivors: crowd.size,
      heardAfterwards,
    };
  } finally {
    await crowd.close();
    await relay.stop();
  }
}

class Crowd {
  #meshes: RelayedMesh[] = [];
  readonly #closing: Promise<void>[] = [];
  readonly #heard = new Map<number, Set<string>>();
  #sent = 0;
  #look = (): void => undefined;

  get size(): number {
    return this.#meshes.length;
  }

  async add(i: number, relay: string): Promise<void> {
    const mesh = await openMesh({ signer: await signerFromSeed(testSeed(i)), keys: { mesh: KEY }, relays: [relay] });
    mesh.onChange(() => this.#look());
    mesh.subscribe(
      TOPIC,
      ({ bytes }) => {
        this.#heard.get(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))?.add(mesh.self);
        this.#look();
      },
      () => 'accept',
    );
    this.#meshes.push(mesh);
  }

  /** Whether the relay has let everybody in. */
  isConnected(): boolean {
    return this.#meshes.every((mesh) => mesh.relays().every(({ connected }) => connected));
  }

  links(): number[] {
    return this.#meshes.map((mesh) => mesh.peers().filter(({ link }) => link !== 'none').length);
  }

  /** Of 256 bytes. Resolves when all the others have heard it, or after a while. */
  async broadcast(from: number): Promise<{ heard: number; ms: number }> {
    const number = this.#sent++;
    const bytes = new Uint8Array(256);
    new DataView(bytes.buffer).setUint32(0, number);
    const heard = new Set<string>();
    this.#heard.set(number, heard);
    const start = performance.now();
    await this.#meshes[from % this.size]!.publish(TOPIC, bytes);
    await this.until(() => heard.size === this.size - 1, ROUND_MS).catch(() => undefined);
    const ms = performance.now() - start;
    this.#heard.delete(number);
    return { heard: heard.size, ms };
  }

  /** Broadcasts until one has reached all. @returns how long that took */
  async reachAll(): Promise<number> {
    const start = performance.now();
    for (let i = 0; (await this.broadcast(i)).heard < this.size - 1; i++) {
      if (performance.now() - start > OVERALL_MS) throw new Error('a broadcast never reached all');
    }
    return performance.now() - start;
  }

  kill(count: number): void {
    for (const mesh of this.#meshes.splice(0, count)) this.#closing.push(mesh.close());
  }

  async close(): Promise<void> {
    this.kill(this.size);
    await Promise.allSettled(this.#closing);
  }

  /** @throws the signal's reason when it takes longer */
  until(condition: () => boolean, ms = OVERALL_MS): Promise<void> {
    const limit = AbortSignal.timeout(ms);
    return new Promise((resolve, reject) => {
      let waits = false;
      // Looking at all is dear, and a change seldom comes alone.
      this.#look = () => {
        if (waits) return;
        waits = true;
        setTimeout(() => {
          waits = false;
          if (condition()) resolve();
        }, LOOK_MS);
      };
      limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true });
      this.#look();
    });
  }
}
