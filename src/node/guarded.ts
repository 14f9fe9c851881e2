/** Handles of subsystems as others hold them: what they throw is heard, and they can be taken back. */

/**
 * `handle` as it is, save that `hear` is told of everything its methods throw, now, later, or while they are iterated.
 * What was thrown goes on to the caller.
 */
export function guarded<T extends object>(handle: T, hear: (error: unknown) => void): T {
  const tell = (error: unknown): never => {
    hear(error);
    throw error;
  };
  // Over an empty target: a proxy may not show a frozen object's methods as other ones.
  return new Proxy({} as T, {
    get: (_, key) => {
      const value: unknown = Reflect.get(handle, key, handle);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        try {
          return watched(Reflect.apply(value, handle, args), tell);
        } catch (error) {
          return tell(error);
        }
      };
    },
  });
}

function watched(result: unknown, tell: (error: unknown) => never): unknown {
  if (result instanceof Promise) return result.catch(tell);
  if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
    return each(result as AsyncIterable<unknown>, tell);
  return result;
}

async function* each(items: AsyncIterable<unknown>, tell: (error: unknown) => never): AsyncIterable<unknown> {
  try {
    yield* items;
  } catch (error) {
    tell(error);
  }
}

/** A handle that is looked up anew at each use, so that it outlives restarts of what is behind it. */
export function lend<T extends object>(current: () => T): T {
  return new Proxy({} as T, {
    get: (_, key) => {
      // Asked of everything that an async function returns, also while nothing is there.
      if (key === 'then') return undefined;
      const handle = current();
      const value: unknown = Reflect.get(handle, key, handle);
      return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, handle, args) : value;
    },
  });
}
