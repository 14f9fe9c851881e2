/**
 * Many nodes in one process, over real WebSockets and the real relay: how long they take to find each other, what they
 * weigh, how fast a broadcast reaches all, and whether it still reaches the rest after many of them died at once.
 */
import { startTestRelay } from '../../../relay/radio/testkit';
import { relayKeyOf } from '../pnet';
import { Crowd, CROWD_KEY, type Broadcasts } from './crowd';

export interface HundredOptions {
  nodes: number;
  /** How many of them die at once. */
  killed: number;
  broadcasts: number;
  /** How long a broadcast may take before it counts as not heard by those that have not, milliseconds. */
  patienceMs: number;
  /** Resident memory of this process in bytes, where it can be asked. */
  memory?: () => number;
}

/** Times in milliseconds. */
export interface HundredFigures {
  /** Until every node is let in by the relay and can be reached through it. */
  startedMs: number;
  /** Until every node is linked to enough others, from the start. */
  linkedMs: number;
  links: { fewest: number; median: number; most: number };
  /** Of the whole process, relay included, beyond what it had before. */
  bytes: number | null;
  /** From then on, until a broadcast reached all for the first time. */
  readyMs: number;
  before: Broadcasts;
  /** From the death of the others until a broadcast reached all that live. */
  recoveredMs: number;
  survivors: number;
  after: Broadcasts;
}

/** Enough for gossip: with five links each, no few deaths part a crowd. */
const ENOUGH_LINKS = 5;
const PATIENT_MS = 600_000;
/** Nodes that knock at the same time. */
const AT_ONCE = 10;

/** @throws Error when the nodes do not find each other within ten minutes, or a broadcast never reaches all */
export async function runHundred(options: HundredOptions): Promise<HundredFigures> {
  const { nodes, killed, broadcasts, patienceMs, memory } = options;
  const bytesBefore = memory?.() ?? 0;
  // All come from one address here, and share one processor.
  const relay = await startTestRelay([relayKeyOf(CROWD_KEY)], {
    connectionsPerAddress: 2 * nodes,
    reservationsPerAddress: 2 * nodes,
    strangersPerAddress: 2 * nodes,
    strangersPerSite: 2 * nodes,
    strangerMs: PATIENT_MS,
    upgradeMs: PATIENT_MS,
    hopMs: PATIENT_MS,
    farewellMs: 0,
  });
  const crowd = new Crowd(relay.port, PATIENT_MS);
  try {
    const start = performance.now();
    const numbers = Array.from({ length: nodes }, (_, i) => i).values();
    const open = async (): Promise<void> => {
      for (const i of numbers) await crowd.add(i, i < killed);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, open));
    const startedMs = performance.now() - start;
    const enough = Math.min(ENOUGH_LINKS, nodes - 1);
    await crowd.until(() => crowd.links().every((count) => count >= enough));
    const linkedMs = performance.now() - start;
    // Now: a link may end again at any time.
    const links = crowd.links().sort((a, b) => a - b);
    const readyMs = await crowd.reachAll(patienceMs);
    const bytes = memory ? memory() - bytesBefore : null;
    const before = await crowd.broadcasts(broadcasts, patienceMs);
    crowd.kill(killed);
    const recoveredMs = await crowd.reachAll(patienceMs);
    const after = await crowd.broadcasts(broadcasts, patienceMs);
    return {
      startedMs,
      linkedMs,
      links: { fewest: links[0]!, median: links[links.length >> 1]!, most: links.at(-1) },
      bytes,
      readyMs,
      before,
      recoveredMs,
      survivors: crowd.size,
      after,
    };
  } finally {
    await crowd.close();
    await relay.stop();
  }
}
