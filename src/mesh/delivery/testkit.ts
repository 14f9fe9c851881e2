/** For tests of acknowledged sends: members in one memory, that die and come back. */
import type { Json } from '../../protocol/json';
import { systemRandom } from '../../protocol/runtime';
import { createMemoryStorage, MemoryDisk } from '../../storage';
import { TestTime } from '../testing/time';
import { memoryMesh, type MemoryNode } from '../testkit';
import { Delivery } from './delivery';
import type { Keep } from './receiver';

/** A member whose storage outlives its process. */
export class Member {
  readonly mesh: MemoryNode;
  readonly disk = new MemoryDisk();
  readonly got: Json[] = [];
  readonly ids: string[] = [];
  readonly outcomes: string[] = [];
  keep: Keep = ({ id, body }) => {
    this.got.push(body);
    this.ids.push(id);
    return Promise.resolve();
  };
  delivery!: Delivery;
  isMember = (_peer: string): boolean => true;
  readonly #time: TestTime;

  constructor(mesh: MemoryNode, time: TestTime) {
    this.mesh = mesh;
    this.#time = time;
  }

  async start(): Promise<this> {
    const storage = createMemoryStorage({ disk: this.disk });
    await storage.claimWriter();
    this.delivery = await Delivery.open({
      ...{ mesh: this.mesh, records: storage.records, random: systemRandom },
      ...{ clock: this.#time.clock, schedule: this.#time.schedule },
      isMember: (peer) => this.isMember(peer),
      keep: (message) => this.keep(message),
      onSettled: (_message, outcome) => this.outcomes.push(outcome.kind),
    });
    return this;
  }

  /** The process ends in the middle of whatever it did. */
  async kill(): Promise<void> {
    this.disk.life++;
    await this.delivery.close();
  }
}

export async function two(): Promise<{ time: TestTime; a: Member; b: Member }> {
  const time = new TestTime();
  const [a, b] = memoryMesh(2).map((mesh) => new Member(mesh, time));
  return { time, a: await a!.start(), b: await b!.start() };
}
