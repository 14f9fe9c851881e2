import { fromUtf8, hex, utf8, type Sha256 } from '../../crypto';
import type { WorkOrder } from '../../governance';
import type { JsonObject } from '../../protocol/json';
import { SovereignError, toWireError, type WireError } from '../../protocol/errors';
import { canResume, PipelineError, type Pipeline, type RunStatus, type Stage } from '../types';
import { runBody } from './bodies';
import { inputsOf, readPipeline, resolveInputs } from './admission';
import type { PipelineDeps } from './deps';
import { RunIndex } from './index-of-runs';
import { StageWork, type Actor, type Live, type StageResult } from './stage';
import { view } from './view';

/** Runs of pipelines over a node's log: at most one at work at a time. */
export interface Pipelines {
  /**
   * Starts a run and answers its id; the run goes on by itself.
   * @param datasets file name in the YAML → SHA-256 of the file that the user picked; bundled files need no mention.
   * @throws PipelineError `bad_pipeline`, `dataset_missing`, `skill_unknown`, `run_active`
   */
  start(yaml: string, datasets: Readonly<Record<string, Sha256>>): Promise<string>;
  /** Stops a run between or inside its stages, and resolves when it stands still. It can be resumed. */
  stop(run: string): Promise<RunStatus>;
  /** Goes on with a run that `canResume`: finished stages are not repeated. @throws PipelineError `run_finished`, `run_active` */
  resume(run: string): Promise<RunStatus>;
  /** Newest first. */
  list(): RunStatus[];
  /** @throws PipelineError `run_unknown` */
  get(run: string): RunStatus;
  /** The run at work. */
  active(): string | undefined;
  /** Resolves once nobody works on the run. */
  settled(run: string): Promise<RunStatus>;
  onChange(listener: (run: RunStatus) => void): () => void;
  /** The work of one stage, for the executor of `run_stage`, which has checked the order. */
  perform(order: WorkOrder, args: JsonObject): Promise<StageResult>;
  /** Lets go as a crash would: the run at work becomes `interrupted`. */
  close(): Promise<void>;
}

interface Active {
  readonly run: string;
  readonly pipeline: Pipeline;
  readonly controller: AbortController;
  closing: boolean;
  stage?: { stage: Stage; actor: Actor };
  live: Live;
  done: Promise<void>;
}

/** Opens the machine: folds the log's runs. Nothing is resumed by itself. */
export async function createPipelines(deps: PipelineDeps): Promise<Pipelines> {
  const machine = new Machine(deps);
  await machine.open();
  return machine;
}

class Machine implements Pipelines {
  readonly #index: RunIndex;
  readonly #listeners = new Set<(run: RunStatus) => void>();
  /** What ended a run here without the log being able to say it. */
  readonly #broken = new Map<string, WireError>();
  #active: Active | undefined;
  /** Held while a run is about to start: of two that start at once one is refused. */
  #starting = false;

  constructor(private readonly deps: PipelineDeps) {
    this.#index = new RunIndex(deps.log, (run) => this.#changed(run));
  }

  open = (): Promise<void> => this.#index.open();
  active = (): string | undefined => this.#active?.run;
  list = (): RunStatus[] => [...this.#index.runs.records.keys()].map((run) => this.get(run)).reverse();

  get(run: string): RunStatus {
    const active = this.#active?.run === run ? this.#active : undefined;
    const working = active && { stage: active.stage?.stage.name, live: active.live };
    return view(this.#index.get(run).status, working, this.#broken.get(run));
  }

  onChange(listener: (run: RunStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #changed(run: string): void {
    if (!this.#index.runs.records.has(run)) return;
    const status = this.get(run);
    for (const listener of this.#listeners) listener(status);
  }

  start(yaml: string, datasets: Readonly<Record<string, Sha256>>): Promise<string> {
    return this.#enter(async () => {
      const pipeline = readPipeline(yaml);
      const data = await resolveInputs(pipeline, datasets, this.deps);
      const pipeline_sha256 = await this.deps.blobs.put(utf8(yaml));
      const run = hex(this.deps.random.bytes(16));
      const { name, version } = pipeline;
      const stages = pipeline.stages.map((s) => ({ name: s.name, type: s.type, needs: s.needs }));
      await this.#log('RUN_STARTED', { run, pipeline: { name, version }, pipeline_sha256, datasets: data, stages });
      this.#work(run, pipeline);
      return run;
    });
  }

  async resume(run: string): Promise<RunStatus> {
    const record = this.#index.get(run);
    const { state } = record.status;
    // An open run, which nobody works on, or `#enter` says so.
    if (state !== 'running' && !canResume(record.status)) throw finished(run, state);
    return this.#enter(async () => {
      const yaml = await this.deps.blobs.get(record.status.pipelineSha256);
      if (!yaml)
        throw new PipelineError('artifact_missing', "The run's document is gone.", {
          advice: 'Start the pipeline again.',
        });
      const pipeline = readPipeline(fromUtf8(yaml));
      await this.#log('RUN_RESUMED', { run });
      this.#work(run, pipeline);
      return this.get(run);
    });
  }

  async stop(run: string): Promise<RunStatus> {
    const { state } = this.#index.get(run).status;
    const active = this.#active;
    if (active?.run === run) {
      active.controller.abort();
      await active.done;
    } else if (state === 'running') await this.#log('RUN_STOPPED', { run });
    else if (state !== 'stopped') throw finished(run, state);
    return this.get(run);
  }

  async settled(run: string): Promise<RunStatus> {
    if (this.#active?.run === run) await this.#active.done;
    return this.get(run);
  }

  async close(): Promise<void> {
    const active = this.#active;
    if (active) {
      active.closing = true;
      active.controller.abort();
      await active.done;
    }
    this.#index.close();
  }

  /** One run at a time, also while it is only about to start. */
  async #enter<T>(begin: () => Promise<T>): Promise<T> {
    if (this.#active || this.#starting) {
      throw new PipelineError('run_active', 'A run is at work already.', { advice: 'Wait until it ends, or stop it.' });
    }
    this.#starting = true;
    try {
      return await begin();
    } finally {
      this.#starting = false;
    }
  }

  #work(run: string, pipeline: Pipeline): void {
    this.#broken.delete(run);
    const active: Active = {
      run,
      pipeline,
      controller: new AbortController(),
      closing: false,
      live: {},
      done: Promise.resolve(),
    };
    this.#active = active;
    active.done = this.#drive(active)
      .catch((error: unknown) => void this.#broken.set(run, toWireError(error)))
      .finally(() => {
        this.#active = undefined;
        this.#changed(run);
      });
  }

  /** Every way out of a run is in the log, save a log that cannot be written: that rejects. */
  async #drive(active: Active): Promise<void> {
    const { run, pipeline, controller } = active;
    try {
      for (const stage of pipeline.stages) {
        if (controller.signal.aborted) break;
        const status = this.#index.get(run).status.stages.find((s) => s.name === stage.name);
        if (status?.state !== 'completed') await this.#stage(active, stage);
      }
    } catch (error) {
      // A typed error after the abort is its answer; anything else is a fault, also when the node lets go because of it.
      const aborted = controller.signal.aborted && error instanceof SovereignError;
      if (!aborted) return await this.#fail(active, error);
    }
    if (active.closing) return;
    await this.#log(controller.signal.aborted ? 'RUN_STOPPED' : 'RUN_COMPLETED', { run });
  }

  async #stage(active: Active, stage: Stage): Promise<void> {
    const { deps } = this;
    const { run, pipeline } = active;
    const { name, type } = stage;
    const principal = { type: 'Pipeline', id: pipeline.name } as const;
    await this.#log('STAGE_STARTED', { run, stage: name, type });
    const role = await deps.issueRole({ role: ROLES[type], principal, context: { run, stage: name } });
    active.stage = { stage, actor: { principal, role } };
    active.live = {};
    const record = this.#index.get(run);
    const inputs = inputsOf(stage, record.status);
    const executed = await deps.kernel.execute(
      {
        principal,
        action: 'run_stage',
        resource: { type: 'Stage', id: type },
        args: { run, pipeline_sha256: record.status.pipelineSha256, stage: name, type, inputs },
        context: { run, pipeline: pipeline.name, pipeline_version: pipeline.version, stage: name, stage_type: type },
        roleSignature: role,
        run,
      },
      { signal: active.controller.signal },
    );
    const { artifacts, statement_sha256, summary } = executed.result as unknown as StageResult;
    const made = artifacts.map((a) => ({ ...a }));
    const order_id = executed.order.order_id;
    await this.#log('STAGE_COMPLETED', {
      run,
      stage: name,
      type,
      order_id,
      artifacts: made,
      statement_sha256,
      summary,
    });
    delete active.stage;
  }

  perform(order: WorkOrder, args: JsonObject): Promise<StageResult> {
    const active = this.#active;
    const at = active?.stage;
    if (!active || !at || args['run'] !== active.run || args['stage'] !== at.stage.name) {
      throw new PipelineError('run_unknown', 'No run is at that stage.', { advice: 'Start or resume the run.' });
    }
    const show = (live: Live): void => {
      active.live = { ...active.live, ...live };
      this.#changed(active.run);
    };
    const record = this.#index.get(active.run);
    const { pipeline, controller } = active;
    const setting = { deps: this.deps, pipeline, record, stage: at.stage, signal: controller.signal, show };
    return runBody(new StageWork(setting, at.actor, order), at.stage);
  }

  async #fail(active: Active, error: unknown): Promise<void> {
    const { code, message, advice } = toWireError(error);
    const why = {
      code: code.slice(0, 64),
      message: message.slice(0, 512),
      ...(advice === undefined ? {} : { advice }),
    };
    const run = active.run;
    const at = active.stage?.stage;
    const failed = { type: 'RUN_FAILED', severity: 'WARNING', data: { run, ...why } } as const;
    const stage =
      at &&
      ({ type: 'STAGE_FAILED', severity: 'WARNING', data: { run, stage: at.name, type: at.type, ...why } } as const);
    const receipts = await this.deps.log.appendAll(stage ? [stage, failed] : [failed]);
    await this.#index.reached(receipts.at(-1)!.seq);
  }

  /** Appends and waits until the fold knows of it, so that what is shown is never behind what was done. */
  async #log(
    type: 'RUN_STARTED' | 'RUN_RESUMED' | 'RUN_STOPPED' | 'RUN_COMPLETED' | 'STAGE_STARTED' | 'STAGE_COMPLETED',
    data: JsonObject,
  ): Promise<void> {
    const { seq } = await this.deps.log.append({ type, data });
    await this.#index.reached(seq);
  }
}

const ROLES = {
  data_preparation: 'pipeline_executor',
  model_training: 'pipeline_executor',
  agent_chain: 'pipeline_executor',
  promotion: 'promoter',
  rollback: 'promoter',
  audit_export: 'auditor',
} as const;

const finished = (run: string, state: string): PipelineError =>
  new PipelineError('run_finished', `The run ${run.slice(0, 8)} has ${state === 'failed' ? 'failed' : 'ended'}.`, {
    advice: 'Start the pipeline again.',
  });
