/**
 * Holds a Web Lock for as long as this worker lives. A worker that ends with the renderer it ran in tells nobody; its
 * lock is freed, and that is how tabs learn of it.
 * @returns the lock's name, once it is held
 */
export function holdLife(): Promise<string> {
  const name = `sovereign-worker-${crypto.randomUUID()}`;
  return new Promise((resolve, reject) => {
    const forever = (): Promise<never> => {
      resolve(name);
      return new Promise<never>(() => undefined);
    };
    navigator.locks.request(name, forever).catch(reject);
  });
}
