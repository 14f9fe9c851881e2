import { signStatement } from '../../audit';
import { fromUtf8, jcsBytes, sha256Hex, type Sha256 } from '../../crypto';
import { GovernanceError, type ActionName, type Executed, type Intent } from '../../governance';
import type { Principal, Resource, RoleSignature, WorkOrder } from '../../governance';
import type { Json, JsonObject } from '../../protocol/json';
import { PipelineError, type Pipeline, type Stage, type StageStatus } from '../types';
import { inputStage } from '../document/graph';
import type { PipelineDeps } from './deps';
import type { RunRecord } from './fold';
import type { StageFacts } from './statement';

export type Artifact = StageStatus['artifacts'][number];

/** What `run_stage` answers; `statement_sha256` names the DSSE envelope in the content store. */
export type StageResult = {
  statement_sha256: Sha256;
  artifacts: Artifact[];
  summary: string;
};

/** What is shown of a stage while it works, and is in no log. */
export interface Live {
  progress?: NonNullable<StageStatus['progress']> | undefined;
  approvalId?: string | undefined;
}

export interface StageSetting {
  deps: PipelineDeps;
  pipeline: Pipeline;
  record: RunRecord;
  stage: Stage;
  signal: AbortSignal;
  /** Merged into what is shown already. */
  show: (live: Live) => void;
}

/** Who acts, and in which role; the role is granted anew when it ran out during a long wait. */
export interface Actor {
  principal: Principal;
  role: RoleSignature;
}

export interface EffectOptions {
  /** Facts for the policy, besides run, stage and stage type. */
  context?: Intent['context'];
  payload?: Uint8Array;
  as?: Actor;
}

/**
 * One stage at work: its way to the kernel, to its inputs and to its artifacts. Intents hold neither times nor nonces,
 * so that a stage that runs again after a crash asks for exactly what it asked for before, and finds its approval.
 */
export class StageWork {
  private readonly startedAt: number;

  constructor(
    private readonly setting: StageSetting,
    private readonly self: Actor,
    private readonly order: WorkOrder,
  ) {
    this.startedAt = setting.deps.clock.now();
  }

  get deps(): PipelineDeps {
    return this.setting.deps;
  }
  get record(): RunRecord {
    return this.setting.record;
  }
  get run(): string {
    return this.setting.record.status.id;
  }
  get stageName(): string {
    return this.setting.stage.name;
  }
  get signal(): AbortSignal {
    return this.setting.signal;
  }
  get pipeline(): Pipeline {
    return this.setting.pipeline;
  }

  /** Grants a role for this run and stage only. */
  async actor(role: RoleSignature['role'], principal: Principal): Promise<Actor> {
    const context = { run: this.run, stage: this.setting.stage.name };
    return { principal, role: await this.deps.issueRole({ role, principal, context }) };
  }

  /** One effect, by the pipeline unless `options.as` says otherwise. */
  async effect(
    action: ActionName,
    resource: Resource,
    args: JsonObject,
    options: EffectOptions = {},
  ): Promise<Executed> {
    this.throwIfStopped();
    const { stage, show } = this.setting;
    const actor = options.as ?? this.self;
    const intent = (): Intent => ({
      principal: actor.principal,
      action,
      resource,
      args,
      context: { run: this.run, stage: stage.name, stage_type: stage.type, ...options.context },
      roleSignature: actor.role,
      run: this.run,
      ...(options.payload ? { payload: options.payload } : {}),
    });
    const execute = () =>
      this.deps.kernel.execute(intent(), { signal: this.signal, onPending: (approvalId) => show({ approvalId }) });
    try {
      return await execute();
    } catch (error) {
      // An approval may take longer than a role lasts. The request is the same, so its approval is found again.
      const ranOut = this.deps.clock.now() >= Date.parse(actor.role.expires_at);
      if (!ranOut || !(error instanceof GovernanceError) || error.code !== 'role_invalid') throw error;
      actor.role = (await this.actor(actor.role.role, actor.principal)).role;
      return await execute();
    } finally {
      show({ approvalId: undefined });
    }
  }

  throwIfStopped(): void {
    if (this.signal.aborted)
      throw new PipelineError('stopped', 'The run was stopped.', { advice: 'Resume it when you like.' });
  }

  progress(done: number, total: number, what: string): void {
    this.setting.show({ progress: { done, total, what } });
  }

  /** Stores what the stage made, by a governed act. JSON goes in its canonical form. */
  async store(name: string, content: JsonObject | Uint8Array): Promise<Artifact> {
    const payload = content instanceof Uint8Array ? content : jcsBytes(content);
    const artifact = { name, sha256: sha256Hex(payload), bytes: payload.length };
    const args = { ...artifact, run: this.run, stage: this.setting.stage.name };
    await this.effect('store_artifact', { type: 'Artifact', id: name }, args, { payload });
    return artifact;
  }

  /** The status of the nearest stage of a type that this one needs. It is completed: the machine keeps the order. */
  input(type: Stage['type']): StageStatus {
    const found = inputStage(this.setting.pipeline.stages, this.setting.stage.name, type);
    const status = this.record.status.stages.find((s) => s.name === found?.name);
    if (status?.state !== 'completed')
      throw new PipelineError('artifact_missing', `No finished ${type} stage comes before this one.`);
    return status;
  }

  /** An artifact of an earlier stage, read again by its hash. @throws PipelineError, StorageError `corrupt` */
  async read(artifact: Artifact | undefined): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = artifact && (await this.deps.blobs.get(artifact.sha256));
    if (!bytes) {
      throw new PipelineError('artifact_missing', `The artifact ${artifact?.name ?? ''} of an earlier stage is gone.`, {
        advice: 'Start the pipeline again.',
      });
    }
    return bytes;
  }

  /** The pipeline's own text. */
  document(): Promise<Uint8Array<ArrayBuffer>> {
    return this.read({ name: 'pipeline.yaml', sha256: this.record.status.pipelineSha256, bytes: 0 });
  }

  async readJson(artifact: Artifact | undefined): Promise<Json> {
    return JSON.parse(fromUtf8(await this.read(artifact))) as Json;
  }

  facts(): StageFacts {
    const iso = (ms: number): string => new Date(ms).toISOString();
    return {
      run: this.run,
      stage: this.setting.stage.name,
      pipeline_sha256: this.record.status.pipelineSha256,
      order_id: this.order.order_id,
      origin: this.deps.log.origin,
      startedOn: iso(this.startedAt),
      finishedOn: iso(this.deps.clock.now()),
    };
  }

  /** Signs the stage's statement and closes it. */
  async finish(statement: JsonObject, artifacts: Artifact[], summary: string): Promise<StageResult> {
    const envelope = await signStatement(statement, this.deps.governanceSigner);
    return { statement_sha256: await this.deps.blobs.put(envelope), artifacts, summary };
  }
}
