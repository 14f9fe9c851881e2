/** How long a new worker waits for one that may only be dying (a reload frees the lock in about 15 ms). */
const PATIENCE_MS = 2_000;

/**
 * Takes the one writer's lock. A holder that does not let go in time is a worker of an older build that still runs
 * beside this one: its lock is stolen, and it hears so through its own `onLost`. Storage's fencing number makes sure
 * that nothing it has in flight is written afterwards.
 *
 * Resolves once held; the lock lasts as long as this worker.
 */
export async function takeWriterLock(name: string, onLost: () => void): Promise<void> {
  if (await tryTake(name, onLost, { signal: AbortSignal.timeout(PATIENCE_MS) })) return;
  if (await tryTake(name, onLost, { steal: true })) return;
  throw new DOMException(`lock ${name} could not be taken`, 'InvalidStateError');
}

function tryTake(name: string, onLost: () => void, options: LockOptions): Promise<boolean> {
  return new Promise((resolve) => {
    let held = false;
    const forever = () => {
      held = true;
      resolve(true);
      return new Promise<never>(() => undefined);
    };
    navigator.locks.request(name, options, forever).catch(() => {
      // Before it was granted: timed out. Afterwards: somebody stole it.
      if (held) onLost();
      else resolve(false);
    });
  });
}
