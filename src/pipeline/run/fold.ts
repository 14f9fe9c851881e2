import type { Entry } from '../../audit/types';
import type { Sha256 } from '../../crypto';
import type { Json, JsonObject } from '../../protocol/json';
import { STAGE_TYPES, type RunStatus, type StageStatus, type StageType } from '../types';

/** A pointer that moved, as its PROMOTION or ROLLBACK entry tells. */
export interface Move {
  type: 'PROMOTION' | 'ROLLBACK';
  stage: string;
  pointer: string;
  from: Sha256 | null;
  to: Sha256 | null;
  state_before: Sha256;
  state_after: Sha256;
}

export interface Vote {
  stage: string;
  evaluator: string;
  metric: string;
  value: number;
  vote: 'accept' | 'reject';
  model_sha256: Sha256;
}

/** All that the log knows of a run: what is shown, and what resuming it needs. */
export interface RunRecord {
  status: RunStatus;
  votes: Vote[];
  moves: Move[];
  /** Orders to promote and to roll back, and the stage that asked for each. */
  orders: Map<string, string>;
}

/** Refusals by governance, as against failures: the stage is shown as blocked. */
const REFUSALS = new Set(['denied', 'approval_refused', 'approval_expired', 'role_invalid']);
const isRefusal = (code: string): boolean => REFUSALS.has(code) || code.startsWith('order_');

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const hashOrNull = (value: Json | undefined): Sha256 | null => (typeof value === 'string' ? value : null);

/**
 * The runs that a log tells of, oldest first: a pure fold, so that a reload, a crash and another machine see the same.
 * A run that the log leaves open has the state `running`; whether anybody still works on it is not in the log.
 */
export class Runs {
  readonly records = new Map<string, RunRecord>();

  /** Takes in the next entry. Answers the run that it changed. */
  apply({ type, ts, data }: Entry): RunRecord | undefined {
    if (type === 'RUN_STARTED') return this.begin(ts, data);
    const run = this.records.get(text(data['run']));
    if (!run) return undefined;
    switch (type) {
      case 'RUN_RESUMED':
        run.status.state = 'running';
        delete run.status.endedAt;
        delete run.status.error;
        // What was cut off in its middle starts over.
        run.status.stages = run.status.stages.map((s) => (s.state === 'completed' ? s : waiting(s)));
        return run;
      case 'RUN_STOPPED':
        return finish(run, 'stopped', ts);
      case 'RUN_COMPLETED':
        return finish(run, 'completed', ts);
      case 'RUN_FAILED':
        run.status.error = errorOf(data);
        return finish(run, 'failed', ts);
      case 'STAGE_STARTED':
      case 'STAGE_COMPLETED':
      case 'STAGE_FAILED':
        return applyStage(run, type, ts, data);
      case 'EXECUTION_AUTHORIZED':
        return noteOrder(run, data);
      case 'PROMOTION':
      case 'ROLLBACK':
        run.moves.push(readMove(run, type, data));
        return run;
      case 'VOTE_CAST':
        run.votes.push(readVote(data));
        return run;
      case 'AUDIT_EXPORT':
        run.status.bundle = text(data['sha256']);
        return run;
      default:
        return undefined;
    }
  }

  private begin(ts: string, data: JsonObject): RunRecord {
    const pipeline = object(data['pipeline']);
    const id = text(data['run']);
    const stages = list(data['stages']).map((stage) => newStage(object(stage)));
    const datasets = Object.entries(object(data['datasets'])).map(([file, sha256]) => [file, text(sha256)] as const);
    const status: RunStatus = {
      id,
      pipeline: text(pipeline['name']),
      version: text(pipeline['version']),
      pipelineSha256: text(data['pipeline_sha256']),
      datasets: Object.fromEntries(datasets),
      state: 'running',
      startedAt: ts,
      stages,
    };
    const run: RunRecord = {
      status,
      votes: [],
      moves: [],
      orders: new Map(),
    };
    this.records.set(id, run);
    return run;
  }
}

function newStage(stage: JsonObject): StageStatus {
  const type = STAGE_TYPES.find((t) => t === stage['type']) ?? ('audit_export' satisfies StageType);
  return waiting({ name: text(stage['name']), type, needs: list(stage['needs']).map(text) });
}

const waiting = ({ name, type, needs }: Pick<StageStatus, 'name' | 'type' | 'needs'>): StageStatus => {
  return { name, type, needs, state: 'waiting', artifacts: [] };
};

function finish(run: RunRecord, state: 'stopped' | 'completed' | 'failed', ts: string): RunRecord {
  run.status.state = state;
  run.status.endedAt = ts;
  for (const stage of run.status.stages) if (stage.state === 'running') stage.state = 'stopped';
  return run;
}

function applyStage(
  run: RunRecord,
  type: 'STAGE_STARTED' | 'STAGE_COMPLETED' | 'STAGE_FAILED',
  ts: string,
  data: JsonObject,
): RunRecord {
  const at = run.status.stages.findIndex((s) => s.name === data['stage']);
  const known = run.status.stages[at];
  if (!known) return run;
  const fresh: StageStatus = { ...waiting(known), state: 'running', startedAt: known.startedAt ?? ts };
  if (type === 'STAGE_STARTED') {
    run.status.stages[at] = { ...fresh, startedAt: ts };
    return run;
  }
  const ended = { ...fresh, endedAt: ts, ms: Date.parse(ts) - Date.parse(fresh.startedAt!) };
  if (type === 'STAGE_FAILED') {
    const error = errorOf(data);
    run.status.stages[at] = { ...ended, state: isRefusal(error.code) ? 'blocked' : 'failed', error };
    return run;
  }
  const artifacts = list(data['artifacts']).map((item) => {
    const artifact = object(item);
    return { name: text(artifact['name']), sha256: text(artifact['sha256']), bytes: Number(artifact['bytes']) };
  });
  const main = artifacts[0] ? { sha256: artifacts[0].sha256 } : {};
  run.status.stages[at] = { ...ended, state: 'completed', artifacts, ...main, summary: text(data['summary']) };
  return run;
}

function errorOf(data: JsonObject): { code: string; message: string; advice?: string } {
  const advice = data['advice'] === undefined ? {} : { advice: text(data['advice']) };
  return { code: text(data['code']), message: text(data['message']), ...advice };
}

function noteOrder(run: RunRecord, data: JsonObject): undefined {
  const order = object(data['order']);
  if (order['action'] !== 'promote' && order['action'] !== 'rollback') return;
  run.orders.set(text(order['order_id']), text(object(data['arguments'])['stage']));
}

function readMove(run: RunRecord, type: Move['type'], data: JsonObject): Move {
  return {
    type,
    stage: run.orders.get(text(data['order_id'])) ?? '',
    pointer: text(data['pointer']),
    from: hashOrNull(data['from']),
    to: hashOrNull(data['to']),
    state_before: text(data['state_before']),
    state_after: text(data['state_after']),
  };
}

function readVote(data: JsonObject): Vote {
  return {
    stage: text(data['stage']),
    evaluator: text(data['evaluator']),
    metric: text(data['metric']),
    value: Number(data['value']),
    vote: data['vote'] === 'accept' ? 'accept' : 'reject',
    model_sha256: text(data['model_sha256']),
  };
}

/** {@link Runs} over entries in log order, as statuses: the newest first. */
export function foldRuns(entries: Iterable<Entry>): RunStatus[] {
  const runs = new Runs();
  for (const entry of entries) runs.apply(entry);
  return [...runs.records.values()].map((r) => r.status).reverse();
}
