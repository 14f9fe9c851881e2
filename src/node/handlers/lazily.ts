import type { Handlers } from '../dispatch';

/**
 * Handlers of requests that are seldom made: their code is fetched with the first of them, and not with the worker.
 * @param names each of them, which the type sees to
 */
export function lazily<H extends Partial<Handlers>>(names: { [N in keyof H]: true }, load: () => Promise<H>): H {
  let loading: Promise<H> | undefined;
  const loaded = () =>
    (loading ??= load().catch((error: unknown) => {
      // A network that was away may be back at the next request.
      loading = undefined;
      throw error;
    }));
  type Call = (params: unknown) => Promise<unknown>;
  const handler = (name: string) => async (params: unknown) =>
    ((await loaded()) as Record<string, Call>)[name]!(params);
  return Object.fromEntries(Object.keys(names).map((name) => [name, handler(name)])) as H;
}
