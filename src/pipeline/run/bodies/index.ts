import type { Stage } from '../../types';
import type { StageResult, StageWork } from '../stage';
import { evaluate } from './evaluate';
import { exportEvidence } from './export';
import { prepare } from './prepare';
import { promote, rollback } from './registry';
import { train } from './train';

/** What each stage really does. */
export function runBody(work: StageWork, stage: Stage): Promise<StageResult> {
  switch (stage.type) {
    case 'data_preparation':
      return prepare(work, stage);
    case 'model_training':
      return train(work, stage);
    case 'agent_chain':
      return evaluate(work, stage);
    case 'promotion':
      return promote(work, stage);
    case 'rollback':
      return rollback(work, stage);
    case 'audit_export':
      return exportEvidence(work, stage);
  }
}
