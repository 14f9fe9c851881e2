import { PipelineError, type AuditExport } from '../../types';
import { readExported } from '../shapes';
import type { StageResult, StageWork } from '../stage';
import { linkStatement } from '../statement';

/** Writes the bundle; counts only when the independent verifier passes it. */
export async function exportEvidence(work: StageWork, _stage: AuditExport): Promise<StageResult> {
  work.progress(0, 1, 'writing and verifying the bundle');
  const { origin } = work.deps.log;
  const executed = await work.effect('export_evidence', { type: 'Log', id: origin }, { run: work.run, disclose: [] });
  const { sha256, bytes, files, checkpoint_size, verdicts } = readExported(executed.result);
  const failed = Object.entries(verdicts).filter(([name, v]) => v === 'fail' || (name === 'integrity' && v !== 'pass'));
  if (failed.length > 0 || verdicts['integrity'] === undefined) {
    throw new PipelineError(
      'export_not_verified',
      `The bundle does not verify: ${failed.map(([name]) => name).join(', ')}.`,
      {
        advice: 'Verify the log: something in this store was changed.',
      },
    );
  }
  const bundle = { name: 'bundle.zip', sha256, bytes };
  const statement = linkStatement(work.facts(), [bundle], [], { files, checkpoint_size, verdicts });
  return work.finish(statement, [bundle], `${files} files over ${checkpoint_size} log entries, verified`);
}
