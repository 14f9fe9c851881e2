import * as Comlink from 'comlink';
import { toWireError } from '../protocol/errors';
import type { HostApi } from '../protocol/messages';
import { windowPasskeys } from './passkeys';
import { serveRtc } from './rtc/serve';
import { openSkills } from './skills';

/**
 * Lends this tab to the node for as long as both live. The Web Lock is how the node learns that the tab closed: a closed
 * tab sends nothing, but its locks are freed.
 * @param gone the node's worker has ended, and what was lent to it with it
 */
export function lendHost(
  attach: (port: MessagePort, lock: string) => Promise<void>,
  gone: Promise<void> = new Promise(() => undefined),
): Promise<void> {
  const lock = `sovereign-tab-${crypto.randomUUID()}`;
  return navigator.locks.request(lock, async () => {
    const { port1, port2 } = new MessageChannel();
    const stops: (() => void)[] = [() => port1.close()];
    Comlink.expose(createHost(stops), port1);
    void attach(port2, lock);
    await gone;
    for (const stop of stops) stop();
  });
}

/** @param stops is given what ends what it lent */
function createHost(stops: (() => void)[]): HostApi {
  const passkeys = windowPasskeys();
  return {
    openSkills: async () => {
      const port = await openSkills();
      return Comlink.transfer(port, [port]);
    },
    openRtc: () => {
      const { port1, port2 } = new MessageChannel();
      stops.push(serveRtc(port1));
      return Promise.resolve(Comlink.transfer(port2, [port2]));
    },
    persistStorage: () => navigator.storage.persist(),
    createPasskey: (userName, salt) => answer(() => passkeys.create(userName, salt)),
    getPasskey: (credentialId, salt) => answer(() => passkeys.get(credentialId, salt)),
  };
}

/** Codes survive the port only inside an answer: comlink keeps a thrown error's message alone. */
async function answer<T>(task: () => Promise<T>): Promise<{ Ok: T } | { Error: ReturnType<typeof toWireError> }> {
  try {
    return { Ok: await task() };
  } catch (error) {
    return { Error: toWireError(error) };
  }
}
