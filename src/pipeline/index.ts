/**
 * The Iron Path: YAML documents of governed stages, and the machine that runs them. docs/pipeline.md is the reference.
 */
export * from './types';
export { parsePipeline, type ParsedPipeline } from './document/parse';
export { createPipelines, type Pipelines } from './run/machine';
export type { PipelineDeps } from './run/deps';
export { stageExecutor } from './run/executor';
export { foldRuns } from './run/fold';
export { collectEvidence, type Evidence, type EvidenceFile } from './run/evidence';
