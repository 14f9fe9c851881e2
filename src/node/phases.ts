import type { NodeStatus, RequestName } from '../protocol/messages';
import { NodeError } from './errors';

type Phase = NodeStatus['phase'];

/** What can be asked of a node that is not ready: enough to see why and to get out. */
const ALWAYS: readonly RequestName[] = ['Ping', 'GetStatus'];
const OPEN_TO: Record<Exclude<Phase, 'ready'>, readonly RequestName[]> = {
  booting: [],
  locked: ['GetIdentity', 'Unlock', 'RestorePhrase', 'RestoreBackup', 'Erase', 'GetSetting', 'SetSetting'],
  halted: ['RestorePhrase', 'RestoreBackup', 'RebindDevice', 'ExportRaw', 'RestartLog', 'Erase', 'Retry'],
  reload_needed: [],
};

/** @throws NodeError saying why `name` cannot be asked in `phase`. */
export function admit(name: RequestName, phase: Phase, haltMessage: string | undefined): void {
  if (phase === 'ready' || ALWAYS.includes(name) || OPEN_TO[phase].includes(name)) return;
  switch (phase) {
    case 'booting':
      throw new NodeError('not_ready', 'The node is still starting.', { advice: 'Try again in a moment.' });
    case 'locked':
      throw new NodeError('locked', 'The node is locked.', { advice: 'Unlock it with your passphrase or passkey.' });
    case 'halted':
      throw new NodeError('halted', haltMessage ?? 'The node has halted.', {
        advice: 'Open the app to see the ways out.',
      });
    case 'reload_needed':
      throw new NodeError('reload_needed', 'Another version of this app took over.', { advice: 'Reload this tab.' });
  }
}
