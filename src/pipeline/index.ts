/**
 * The Iron Path: YAML documents of governed stages, and the machine that runs them. docs/pipeline.md is the reference.
 */
export * from './types';
export { parsePipeline } from './document/parse';
export { createPipelines, type Pipelines } from './run/machine';
export { stageExecutor } from './run/executor';
