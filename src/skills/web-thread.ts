import type { Thread } from './thread';
import type { SkillOutcome } from './types';
import { parseOutcome } from './wire';

/**
 * A browser's dedicated worker as a {@link Thread}. The worker takes the Web Lock `lock` before it runs anything, and the
 * browser frees that when the worker's thread has really stopped, which for a spinning one can be seconds after
 * `terminate()`: so getting the lock is the proof that it is gone.
 */
export function webThread(worker: Worker, lock: string): Thread {
  let lose: (error: Error) => void;
  const lost = new Promise<never>((_, reject) => (lose = reject));
  lost.catch(() => undefined);
  worker.onerror = (event) => {
    event.preventDefault();
    lose(new Error(event.message || 'the skill’s worker could not be started'));
  };
  return {
    run: (job) => {
      const outcome = new Promise<SkillOutcome>((resolve, reject) => {
        worker.onmessage = ({ data }: MessageEvent<unknown>) => {
          const answer = parseOutcome(data);
          if (answer) resolve(answer);
          else reject(new Error('the skill’s worker answered with something else than an outcome'));
        };
        worker.onmessageerror = () => reject(new Error('the skill’s worker answered with something unreadable'));
      });
      worker.postMessage(job);
      return Promise.race([outcome, lost]);
    },
    end: async () => {
      worker.terminate();
      await navigator.locks.request(lock, () => undefined);
    },
  };
}
