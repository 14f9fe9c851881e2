/** Both ends of what a supervisor and a skill's worker say to each other. The same in every realm; only ports differ. */
import { utf8 } from '../crypto';
import { callThrough, createChannel, Filler } from './channel';
import { runOnce, type Job } from './run';
import type { RunEvents } from './thread';
import type { SkillOutcome } from './types';
import { parseFromWorker, type FromWorker } from './wire';

/** What the worker is handed. Without a channel no call of the world leaves it. */
export interface Assignment {
  job: Job;
  channel: SharedArrayBuffer | undefined;
}

/** A module that answers no bytes, as the instrumenter leaves one. All of its bytes are below 0x80. */
const NOTHING =
  '\0asm\x01\0\0\0' +
  '\x01\x0c\x02\x60\x01\x7f\x01\x7f\x60\x02\x7f\x7f\x01\x7e' + // types: (i32) → i32, (i32, i32) → i64
  '\x03\x03\x02\0\x01\x05\x03\x01\0\x01\x06\x06\x01\x7e\x01\x42\0\x0b' + // functions, a page of memory, a global
  '\x07\x2a\x04\x06memory\x02\0\x0f__sovereign_gas\x03\0\x05alloc\0\0\x03run\0\x01' +
  '\x0a\x0b\x02\x04\0\x41\0\x0b\x04\0\x42\0\x0b'; // i32.const 0; i64.const 0

/** After so many a run has little left to compile; more of them would only make a spare ready later. */
const REHEARSALS = 4;

/**
 * Before there is a run, in a spare: makes a few of a module of our own, each sent through a port as the real one will
 * come, so that the engine has compiled what every run needs. @returns what the last one said
 */
export async function rehearse(): Promise<FromWorker> {
  const module = new WebAssembly.Module(utf8(NOTHING));
  const limits = { memoryPages: 1, wallMs: 1, outputBytes: 1, gas: 1, hostCalls: 1, hostBytes: 1 };
  const nothing = { entry: undefined, args: [], files: {}, grants: [], calls: undefined, world: false };
  const job: Job = { ...nothing, module, abi: 'raw', input: new Uint8Array(1), limits, seed: '', now: 0 };
  const { port1, port2 } = new MessageChannel();
  serve(port2, Promise.resolve());
  for (let i = 1; ; i++) {
    const said = new Promise<FromWorker>((resolve) => (port1.onmessage = ({ data }) => resolve(data as FromWorker)));
    port1.postMessage({ job, channel: undefined } satisfies Assignment);
    const last = await said;
    if (i < REHEARSALS) continue;
    port1.close();
    return last;
  }
}

/** The worker's end: makes the run that comes over `port`, once `ready`. */
export function serve(port: MessagePort, ready: Promise<void>): void {
  const post = (message: FromWorker, transfer: Transferable[]): void => port.postMessage(message, transfer);
  port.onmessage = async ({ data }: MessageEvent<Assignment>) => {
    await ready;
    const { job, channel } = data;
    const outcome = await runOnce(job, {
      progress: (permille, note) => post({ type: 'progress', permille, note }, []),
      ...(channel ? { call: (name, request) => callThrough(channel, (said) => post(said, []), name, request) } : {}),
    });
    const message = { type: 'outcome', outcome } as FromWorker;
    post(message, outcome.kind === 'ok' ? [outcome.output.buffer as ArrayBuffer] : []);
  };
}

/** The supervisor's end. `hear` is given each message of the worker's. */
export function converse(job: Job, events: RunEvents, send: (assignment: Assignment) => void) {
  // A page that is not isolated from other origins has no shared memory, and then the world is out of reach.
  const shared = job.world && typeof SharedArrayBuffer === 'function';
  const channel = shared ? createChannel() : undefined;
  const filler = channel && new Filler(channel);
  let resolve!: (outcome: SkillOutcome) => void;
  let reject!: (error: Error) => void;
  const outcome = new Promise<SkillOutcome>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  const hear = (data: unknown): void => {
    const message = parseFromWorker(data);
    if (message?.type === 'outcome') resolve(message.outcome);
    else if (message?.type === 'progress') events.onProgress(message.permille, message.note);
    else if (message?.type === 'call' && filler)
      void events.call(message.name, message.request).then((answer) => filler.answer(answer));
    else if (message?.type === 'more' && filler) filler.more();
    else reject(new Error('the skill’s worker said something that is not of the protocol'));
  };
  send({ job, channel });
  return { outcome, hear, fail: reject };
}
