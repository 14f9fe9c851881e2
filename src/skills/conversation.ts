/** Both ends of what a supervisor and a skill's worker say to each other. The same in every realm; only ports differ. */
import { callThrough, createChannel, Filler } from './channel';
import { digest } from './digest';
import { runOnce, type Job } from './run';
import type { RunEvents } from './thread';
import type { SkillOutcome } from './types';
import { parseFromWorker, type FromWorker } from './wire';

/** What the worker is handed. Without a channel no call of the world leaves it. */
export interface Assignment {
  job: Job;
  channel: SharedArrayBuffer | undefined;
}

type Post = (message: FromWorker, transfer: Transferable[]) => void;

/** Before there is a run, in a spare: has the engine load what every run needs. */
export function warmUp(): void {
  void digest(new Uint8Array(1));
}

/** The worker's end: one run. */
export async function work({ job, channel }: Assignment, post: Post): Promise<void> {
  const outcome = await runOnce(job, {
    progress: (permille, note) => post({ type: 'progress', permille, note }, []),
    ...(channel ? { call: (name, request) => callThrough(channel, (said) => post(said, []), name, request) } : {}),
  });
  const message = { type: 'outcome', outcome } as FromWorker;
  post(message, outcome.kind === 'ok' ? [outcome.output.buffer as ArrayBuffer] : []);
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
