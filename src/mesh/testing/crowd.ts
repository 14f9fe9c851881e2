/** Members of one mesh that all listen to one topic, and some of which can be killed. */
import { signerFromSeed } from '../../crypto';
import { openMesh, type RelayedMesh } from '../libp2p';
import { testSeed } from '../testkit';
import { wireTo, type Wire } from './wire';

export const CROWD_KEY = new Uint8Array(32).fill(9);
const TOPIC = 'hundred';
const BYTES = 256;
/** Looking at all is dear, and a change seldom comes alone. */
const LOOK_MS = 50;

export interface Broadcasts {
  /** Each one's time to the last node that heard it. */
  ms: number[];
  /** How many others heard each. */
  heard: number[];
}

interface Member {
  mesh: RelayedMesh;
  /** Its way to the relay; those that live to the end have none of their own. */
  wire: Wire | undefined;
}

export class Crowd {
  readonly #port: number;
  readonly #patientMs: number;
  #members: Member[] = [];
  readonly #closing: Promise<void>[] = [];
  readonly #heard = new Map<number, (peer: string) => void>();
  #sent = 0;
  #changed = (): void => undefined;

  /** `port`: of the relay on this machine. `patientMs`: how long {@link until} waits at most. */
  constructor(port: number, patientMs: number) {
    this.#port = port;
    this.#patientMs = patientMs;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Resolves when the relay leads to it. */
  async add(i: number, mortal: boolean): Promise<void> {
    const wire = mortal ? await wireTo(this.#port) : undefined;
    const mesh = await openMesh({
      signer: await signerFromSeed(testSeed(i)),
      keys: { mesh: CROWD_KEY },
      patienceMs: this.#patientMs,
      relays: [`/ip4/127.0.0.1/tcp/${String(wire?.port ?? this.#port)}/ws`],
    });
    const reserved = new Promise<void>((resolve, reject) => {
      const limit = AbortSignal.timeout(this.#patientMs);
      limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true });
      mesh.onChange(() => {
        this.#changed();
        if (mesh.relays().every((relay) => relay.reserved)) resolve();
      });
    });
    mesh.subscribe(
      TOPIC,
      ({ bytes }) => {
        this.#heard.get(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))?.(mesh.self);
      },
      () => 'accept',
    );
    this.#members.push({ mesh, wire });
    await reserved;
  }

  links(): number[] {
    return this.#members.map(({ mesh }) => mesh.peers().filter(({ link }) => link !== 'none').length);
  }

  async broadcasts(count: number, patienceMs: number): Promise<Broadcasts> {
    const all: Broadcasts = { ms: [], heard: [] };
    for (let i = 0; i < count; i++) {
      const { ms, heard } = await this.#broadcast(i, patienceMs);
      all.ms.push(ms);
      all.heard.push(heard);
    }
    return all;
  }

  /** Broadcasts until one has reached all. @returns how long that took */
  async reachAll(patienceMs: number): Promise<number> {
    const start = performance.now();
    for (let i = 0; (await this.#broadcast(i, patienceMs)).heard < this.size - 1; i++) {
      if (performance.now() - start > this.#patientMs) throw new Error('a broadcast never reached all');
    }
    return performance.now() - start;
  }

  /** Their wires are cut, and nothing that they do after that reaches anybody. */
  kill(count: number): void {
    for (const { mesh, wire } of this.#members.splice(0, count)) {
      wire?.cut();
      this.#closing.push(mesh.close());
    }
  }

  async close(): Promise<void> {
    this.kill(this.size);
    await Promise.allSettled(this.#closing);
  }

  /** @throws the signal's reason when it takes too long */
  until(condition: () => boolean): Promise<void> {
    const limit = AbortSignal.timeout(this.#patientMs);
    return new Promise((resolve, reject) => {
      let waits = false;
      this.#changed = () => {
        if (waits) return;
        waits = true;
        setTimeout(() => {
          waits = false;
          if (condition()) resolve();
        }, LOOK_MS);
      };
      limit.addEventListener('abort', () => reject(limit.reason as Error), { once: true });
      this.#changed();
    });
  }

  /** Resolves when all the others have heard it, or when patience is at an end. */
  async #broadcast(from: number, patienceMs: number): Promise<{ ms: number; heard: number }> {
    const number = this.#sent++;
    const bytes = new Uint8Array(BYTES);
    new DataView(bytes.buffer).setUint32(0, number);
    const heard = new Set<string>();
    const start = performance.now();
    let last = start;
    await new Promise<void>((resolve, reject) => {
      const patience = setTimeout(resolve, patienceMs);
      this.#heard.set(number, (peer) => {
        heard.add(peer);
        last = performance.now();
        if (heard.size < this.size - 1) return;
        clearTimeout(patience);
        resolve();
      });
      this.#members[from % this.size]!.mesh.publish(TOPIC, bytes).catch(reject);
    });
    this.#heard.delete(number);
    return { ms: last - start, heard: heard.size };
  }
}
