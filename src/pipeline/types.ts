import { SovereignError } from '../protocol/errors';
import type { Sha256 } from '../crypto';

/** A flaw in the document: every one has a place. */
export interface DocumentProblem {
  message: string;
  line: number;
  column: number;
}

export type PipelineCode =
  | 'bad_pipeline' // details.problems: DocumentProblem[]
  | 'bad_dataset' // details: { line?, column? }
  | 'dataset_missing'
  | 'dataset_hash_mismatch'
  | 'skill_unknown'
  | 'artifact_missing' // a finished stage's artifact is not in the content store any more
  | 'quorum_not_reached'
  | 'skill_failed'
  | 'rollback_mismatch'
  | 'export_not_verified'
  | 'stopped'
  | 'run_unknown'
  | 'run_active'
  | 'run_finished';

export class PipelineError extends SovereignError<PipelineCode> {
  override readonly name = 'PipelineError';
}

export const STAGE_TYPES = [
  'data_preparation',
  'model_training',
  'agent_chain',
  'promotion',
  'rollback',
  'audit_export',
] as const;
export type StageType = (typeof STAGE_TYPES)[number];

export interface StageBase {
  name: string;
  /** Names of the stages whose outputs it reads. Default: the stage before it. */
  needs: string[];
}
export interface DataPreparation extends StageBase {
  type: 'data_preparation';
  dataset: { file: string; sha256?: Sha256 };
  /** Absent in the seed's short form; the stage then fails and names the file's columns. */
  columns?: { features: string[]; label: string };
  /** What counts as missing, and what is done with such a row. Default: nothing counts, so it is an error. */
  missing: { tokens: string[]; action: 'refuse' | 'drop' };
  split: { test_fraction: number; seed: number };
}
export interface ModelTraining extends StageBase {
  type: 'model_training';
  /** Names the artifact: `<model>.json`. */
  model: string;
  skill: string;
  parameters: { epochs: number; learning_rate: number; l2: number };
}
export interface Evaluator {
  name: string;
  metric: 'accuracy' | 'min_recall' | 'macro_f1' | 'log_loss';
  at_least?: number;
  at_most?: number;
}
export interface AgentChain extends StageBase {
  type: 'agent_chain';
  skill: string;
  evaluators: Evaluator[];
  quorum: number;
}
export interface Promotion extends StageBase {
  type: 'promotion';
  pointer: string;
}
export interface Rollback extends StageBase {
  type: 'rollback';
  pointer: string;
}
export interface AuditExport extends StageBase {
  type: 'audit_export';
}
export type Stage = DataPreparation | ModelTraining | AgentChain | Promotion | Rollback | AuditExport;

export interface Pipeline {
  name: string;
  version: string;
  description: string;
  stages: Stage[];
  governance: { enforcement_level: 'strict'; policy_binding_required: true; role_signatures_required: true };
}

export type StageState = 'waiting' | 'running' | 'awaiting_approval' | 'completed' | 'failed' | 'blocked' | 'stopped';
export type RunState = 'running' | 'awaiting_approval' | 'interrupted' | 'stopped' | 'completed' | 'failed';

export interface StageStatus {
  name: string;
  type: StageType;
  needs: string[];
  state: StageState;
  startedAt?: string;
  endedAt?: string;
  ms?: number;
  /** The stage's main artifact. */
  sha256?: Sha256;
  artifacts: { name: string; sha256: Sha256; bytes: number }[];
  /** One plain sentence: '111 rows to train, 37 to test, 2 dropped'. */
  summary?: string;
  progress?: { done: number; total: number; what: string };
  error?: { code: string; message: string; advice?: string };
  approvalId?: string;
}

export interface RunStatus {
  id: string;
  pipeline: string;
  version: string;
  /** Of the YAML text, which the blob store holds. */
  pipelineSha256: Sha256;
  /** What it reads: file name in the YAML → SHA-256. Fixed when it starts. */
  datasets: Readonly<Record<string, Sha256>>;
  state: RunState;
  startedAt: string;
  endedAt?: string;
  stages: StageStatus[];
  /** The zip of the bundle, once exported. */
  bundle?: Sha256;
  error?: { code: string; message: string; advice?: string };
}

/** Failures by what the run rests on, which was fixed when it started: it would end the same way again. */
const FINAL: ReadonlySet<string> = new Set<PipelineCode | 'trap' | 'bad_output'>([
  'bad_pipeline',
  'bad_dataset',
  'dataset_hash_mismatch',
  'skill_failed',
  'quorum_not_reached',
  'artifact_missing',
  'rollback_mismatch',
  'trap',
  'bad_output',
]);

/** Whether a run that stands still can go on from the stage where it does: was cut off, or failed by what may pass. */
export const canResume = ({ state, error }: Pick<RunStatus, 'state' | 'error'>): boolean =>
  state === 'stopped' || state === 'interrupted' || (state === 'failed' && !FINAL.has(error?.code ?? ''));
