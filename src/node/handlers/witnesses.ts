import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import type { Running } from '../running';

type WitnessHandlers = Pick<Handlers, 'Witnesses' | 'SetWitnesses' | 'AskWitnesses' | 'FindWitness'>;

export function witnessHandlers(running: () => Running): WitnessHandlers {
  return {
    Witnesses: () => Promise.resolve(view(running())),
    SetWitnesses: async (settings) => {
      await running().witnesses.set(settings);
      return view(running());
    },
    AskWitnesses: async () => {
      await running().witnesses.askAll();
      return view(running());
    },
    FindWitness: async ({ url }) => {
      try {
        return await running().witnesses.find(url);
      } catch (cause) {
        if (cause instanceof NodeError) throw cause;
        throw new NodeError('not_found', `No witness of this kind answers there: ${(cause as Error).message}.`, {
          cause,
          advice: 'Check the address. For a witness of another make, enter its key yourself.',
        });
      }
    },
  };
}

function view({ log, witnesses }: Running) {
  const { quorum, witnessedSize } = witnesses;
  return { witnesses: witnesses.states(), quorum, size: log.size, witnessed_size: witnessedSize };
}
