/** One of two nodes whose talk is measured. The same code runs in a SharedWorker and in a window. */
import { systemSchedule, type MeshOptions, type RelayedMesh } from '../../src/mesh';
import { IPC_PROTOCOL, IpcClient, serveIpc, type Ask } from '../../src/mesh/ipc';
import { signerFromSeed } from '../../src/crypto';
import { askAdmission } from '../../src/mesh';
import { relayKeyOf } from '../../src/mesh/pnet';

export type OpenMesh = (options: Omit<MeshOptions, 'direct'>) => Promise<RelayedMesh>;

/** What is said on the topics: there, back, and one way. */
const TOPICS = ['there', 'back', 'flood'] as const;
const MESSAGE_BYTES = 256;
/** As between two things that people do, so that each message finds everybody idle. */
const PAUSE_MS = 5;
const POLL_MS = 20;

export class MeshSide {
  readonly #open: OpenMesh;
  readonly #ask: Ask | undefined;
  #mesh: RelayedMesh | undefined;
  #heard = 0;
  #flood = { count: 0, first: 0, last: 0 };
  #back: (number: number) => void = () => undefined;

  /** @param ask the node that other sides may ask, where there is one */
  constructor(open: OpenMesh, ask?: Ask) {
    this.#open = open;
    this.#ask = ask;
  }

  /** Joins the mesh of this key over the page's own server. @returns the peer id */
  async join(key: Uint8Array, seed: Uint8Array): Promise<string> {
    const { addresses } = await askAdmission({
      origin: location.origin,
      relayKey: relayKeyOf(key),
      fetch: (url, init) => fetch(url, init),
    });
    const mesh = await this.#open({ signer: await signerFromSeed(seed), keys: { mesh: key }, relays: addresses });
    this.#mesh = mesh;
    if (this.#ask) serveIpc(mesh, () => Promise.resolve(this.#ask!), systemSchedule);
    for (const topic of TOPICS) {
      mesh.subscribe(
        topic,
        ({ from, bytes }) => {
          if (from !== mesh.self) this.#hear(topic, bytes);
        },
        () => 'accept',
      );
    }
    return mesh.self;
  }

  /** Resolves when `peer` is linked directly, and what is published goes there and comes back. */
  async linked(peer: string): Promise<void> {
    const mesh = this.#mesh!;
    while (mesh.peers().find((one) => one.peer === peer)?.link !== 'direct') await pause(POLL_MS);
    for (const topic of TOPICS) while ((await mesh.publish(topic, new Uint8Array(4))) === 0) await pause(POLL_MS);
    await (await mesh.open(peer, '/ipfs/ping/1.0.0', { direct: true })).close();
    while (this.#heard === 0) await pause(POLL_MS);
  }

  /** @returns half of each round trip of a message, ms */
  async oneWay(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 1; i <= count; i++) {
      const answered = new Promise<void>((resolve) => {
        this.#back = (number) => {
          if (number === i) resolve();
        };
      });
      const message = random();
      new DataView(message.buffer).setUint32(0, i);
      const start = performance.now();
      await this.#mesh!.publish('there', message);
      await answered;
      times.push((performance.now() - start) / 2);
      await pause(PAUSE_MS);
    }
    return times;
  }

  /** Says so many messages as fast as they are taken. */
  async flood(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.#mesh!.publish('flood', random());
  }

  /** Waits for so many of {@link flood}. @returns how long they took to come, ms */
  async flooded(count: number): Promise<number> {
    while (this.#flood.count < count) await pause(POLL_MS);
    const { first, last } = this.#flood;
    this.#flood = { count: 0, first: 0, last: 0 };
    return last - first;
  }

  /** Asks the node at `peer`. @returns times of calls one after the other, and how long `count` took at so many at once, ms */
  async asked(peer: string, count: number, atOnce: number): Promise<{ times: number[]; together: number }> {
    const client = new IpcClient({
      connect: () => this.#mesh!.open(peer, IPC_PROTOCOL, { direct: true }),
      schedule: systemSchedule,
    });
    const measured = await measureCalls(() => client.call('Ping'), count, atOnce);
    client.close();
    return measured;
  }

  #hear(topic: (typeof TOPICS)[number], bytes: Uint8Array): void {
    this.#heard += 1;
    if (bytes.length !== MESSAGE_BYTES) return;
    const now = performance.now();
    if (topic === 'there') void this.#mesh!.publish('back', bytes);
    else if (topic === 'back') this.#back(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
    else {
      if (this.#flood.count === 0) this.#flood.first = now;
      this.#flood.count += 1;
      this.#flood.last = now;
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const random = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(MESSAGE_BYTES));

/** Calls one after the other, then the same number with so many under way. */
export async function measureCalls(
  call: () => Promise<unknown>,
  count: number,
  atOnce: number,
): Promise<{ times: number[]; together: number }> {
  for (let i = 0; i < count / 10; i++) await call();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await call();
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: atOnce }, lane));
  return { times, together: performance.now() - start };
}
