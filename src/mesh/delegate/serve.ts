/** Runs skills that members ask for, as far as this node's own kernel grants it, and proves what was done. */
import { base64, hex, jcsBytes, type Signer } from '../../crypto';
import { toWireError } from '../../protocol/errors';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { FramedStream } from '../framed';
import type { Schedule } from '../schedule';
import { serveMembers } from '../serve';
import type { Mesh } from '../types';
import { Ask, ASK_BYTES, DELEGATE, type Done, type Keys } from './wire';

/** Where in the log a run was authorised, and where it ended. */
export interface Ran {
  authorizedSeq: number;
  endedSeq: number;
}

/** What a node does for a delegated run. */
export interface DelegateHost {
  /**
   * Asks the kernel for `run_skill` on `Skill::<skill>` with these hashes, principal `Member::<from>`, and in its context
   * `delegation: <request>`. Resolves once the outcome is durable, also that of a run that failed; rejects for every
   * refusal, which the log then holds as EXECUTION_BLOCKED.
   */
  run: (ask: Ask, from: string, signal: AbortSignal) => Promise<Ran>;
  /** Both under one checkpoint, whose tree extends that of the size `seen`. */
  prove: (ran: Ran, seen: number) => Promise<Pick<Done, 'authorized' | 'ended' | 'consistency'>>;
  /** The log's origin, and the raw keys in force. */
  keys: () => { origin: string; log: Uint8Array; governance: Uint8Array };
  node: Signer;
}

export interface DelegateServing {
  mesh: Mesh;
  schedule: Schedule;
  isMember: (peer: string) => boolean;
  host: DelegateHost;
}

/** Serves until what it returns is called. */
export function serveDelegation({ mesh, schedule, isMember, host }: DelegateServing): () => void {
  const { delegateMs: ms, delegateStreamsPerPeer: perPeer, delegateStreams: inAll } = MESH_LIMITS;
  const serving = { mesh, isMember, patience: { schedule, ms }, perPeer, inAll };
  return serveMembers(DELEGATE, serving, async (framed, peer) => {
    const ask = await framed.needJson(Ask, ASK_BYTES);
    const stop = new AbortController();
    const still = beat(framed, schedule, stop);
    let ran: Ran;
    try {
      ran = await host.run(ask, peer, stop.signal);
    } catch (error) {
      await still();
      const { code, message } = toWireError(error);
      return await framed.sendJson({ state: 'refused', code, why: message.slice(0, 512) });
    }
    await still();
    const proven = await host.prove(ran, ask.seen);
    const done: Done = { state: 'done', keys: await keysOf(host), ...proven };
    await framed.sendJson({ ...done });
  });
}

async function keysOf(host: DelegateHost): Promise<Keys> {
  const { origin, log, governance } = host.keys();
  const body: Omit<Keys, 'signature'> = {
    v: 1,
    purpose: 'sovereign-node/delegate-keys',
    origin,
    log: hex(log),
    governance: hex(governance),
  };
  return { ...body, signature: base64(await host.node.sign(jcsBytes(body))) };
}

/** Says now and then that it goes on. Who no longer hears that is no longer worked for. @returns what ends it */
function beat(framed: FramedStream, schedule: Schedule, stop: AbortController): () => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  let cancel = (): void => undefined;
  const next = (): void => {
    cancel = schedule(() => {
      last = framed.sendJson({ state: 'waiting' }).then(next, (error: unknown) => stop.abort(error));
    }, MESH_LIMITS.delegateBeatMs);
  };
  next();
  return async () => {
    await last;
    cancel();
  };
}
