import { fromUtf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import { planRestart } from '../boot/restart';
import type { Machine } from '../node';

/** What a node answers in every phase of its life, and the ways out of a halt. */
export function lifeHandlers(
  machine: Machine,
): Pick<Handlers, 'Ping' | 'GetStatus' | 'Retry' | 'RestartLog' | 'Erase' | 'ExportRaw'> {
  return {
    Ping: () => Promise.resolve('Pong'),
    GetStatus: () => machine.status(),
    Retry: async () => {
      await machine.boot();
      return null;
    },
    RestartLog: async () => {
      const identity = machine.service().identity;
      if (machine.halt?.code !== 'log_rolled_back' || !identity) {
        throw new NodeError('bad_request', 'A new log is only begun in place of one that was rolled back.', {
          advice: 'Nothing was changed. See what the node itself offers.',
        });
      }
      await planRestart(machine.storage(), identity, machine.options.random);
      await machine.boot();
      return null;
    },
    Erase: async () => {
      await machine.erase();
      return null;
    },
    ExportRaw: async () => {
      const { log } = machine.storage();
      const length = await log.length();
      if (length > LIMITS.rawLogBytes)
        throw new NodeError('overloaded', `The log is ${length} bytes: too much for one piece.`);
      const parts: Uint8Array[] = [];
      for await (const chunk of log.read(0, length)) parts.push(chunk);
      return { jsonl: parts.map(fromUtf8Lossy).join('') };
    },
  };
}

/** A log that is shown because it is broken may not even be text. */
function fromUtf8Lossy(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
