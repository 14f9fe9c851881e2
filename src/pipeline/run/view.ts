import type { WireError } from '../../protocol/errors';
import type { RunStatus } from '../types';
import type { Live } from './stage';

/**
 * What is shown of a run: what the log says, and what goes on right now.
 * @param working absent when nobody works on it here: an open run is then `interrupted`.
 */
export function view(
  logged: RunStatus,
  working: { stage: string | undefined; live: Live } | undefined,
  broken: WireError | undefined,
): RunStatus {
  const status = structuredClone(logged);
  if (status.state !== 'running') return status;
  if (!working) {
    status.state = 'interrupted';
    for (const stage of status.stages) if (stage.state === 'running') stage.state = 'stopped';
    if (broken) status.error = plain(broken);
    return status;
  }
  const { progress, approvalId } = working.live;
  const stage = status.stages.find((s) => s.name === working.stage && s.state === 'running');
  if (!stage) return status;
  if (progress) stage.progress = progress;
  if (approvalId !== undefined) {
    stage.approvalId = approvalId;
    stage.state = 'awaiting_approval';
    status.state = 'awaiting_approval';
  }
  return status;
}

const plain = ({ code, message, advice }: WireError) => ({
  code,
  message,
  ...(advice === undefined ? {} : { advice }),
});
