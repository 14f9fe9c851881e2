import { BUNDLE } from '../bundle';
import type { Json, JsonObject } from '../json';
import { FileNames, plainName } from './names';

/** What of a log entry counts here. */
export interface EvidenceEntry {
  readonly seq: number;
  readonly ts: string;
  readonly type: string;
  readonly data: JsonObject;
}

/** A file that a stage made, where it stands in the bundle. */
export interface MadeFile {
  path: string;
  sha256: string;
  /** False when another stage's file of that content has the path already. */
  isNew: boolean;
}

/** A finished stage of a covered run. */
export interface StageEvidence {
  seq: number;
  stage: string;
  /** The stage's name in `intoto/`: plain, and distinct from its siblings'. */
  step: string;
  type: string;
  orderId: string;
  statement: MadeFile;
  /** Empty for an `audit_export`: a bundle does not hold earlier bundles. */
  products: MadeFile[];
}

export interface RunEvidence {
  run: string;
  isCompleted: boolean;
  /** `name version` of the pipeline. */
  pipeline: string;
  /** File name → SHA-256. */
  datasets: Readonly<Record<string, string>>;
  /** Stage → the stages that it waits for, as the pipeline declares them. */
  needs: ReadonlyMap<string, readonly string[]>;
  /** In log order; a stage that finished twice stands where it last did. */
  stages: StageEvidence[];
  /** Stage → who approved the order of its promotion: SHA-256 of raw keys. */
  approvers: Map<string, string[]>;
}

/** The types of entries that a bundle proves one by one, in `proofs/`. */
const PROVED = new Set(['GENESIS', 'CONFIG_SNAPSHOT', 'APPROVAL_DECIDED', 'PROMOTION', 'ROLLBACK']);

const KEPT = new Set(['RUN_STARTED', 'RUN_COMPLETED', 'STAGE_COMPLETED']);

/**
 * What a bundle of `run` (null: of every run) holds besides the log, as the log tells it: a fold over its entries that
 * writer and verifier share. Entries that are not of their type's form are passed over; the verifier says so elsewhere.
 */
export class EvidenceFold {
  readonly runs = new Map<string, RunEvidence>();
  /** SHA-256 of each policy text, with that of its schema, that was ever in force. */
  readonly policies: { policies: string; schema: string }[] = [];
  /** Time of the first entry. */
  genesis: string | undefined;
  readonly #artifacts = new FileNames();
  readonly #statements = new FileNames();
  readonly #proved: number[] = [];
  #last = -1;

  constructor(private readonly run: string | null) {}

  /** Whether {@link apply} would remember something of the entry's data. */
  keeps({ type, data }: EvidenceEntry): boolean {
    const covered = this.run === null ? typeof data['run'] === 'string' : data['run'] === this.run;
    if (type === 'EXECUTION_AUTHORIZED') return covered && object(data['order'])['action'] === 'promote';
    return type === 'CONFIG_SNAPSHOT' || (covered && KEPT.has(type));
  }

  apply({ seq, ts, type, data }: EvidenceEntry): void {
    this.genesis ??= ts;
    this.#last = seq;
    if (PROVED.has(type)) this.#proved.push(seq);
    if (type === 'CONFIG_SNAPSHOT') this.#snapshot(data);
    const run = data['run'];
    if (typeof run !== 'string' || (this.run !== null && run !== this.run)) return;
    if (type === 'RUN_STARTED') this.#started(run, data);
    else if (type === 'RUN_COMPLETED') this.#of(run).isCompleted = true;
    else if (type === 'STAGE_COMPLETED') this.#finished(run, seq, data);
    else if (type === 'EXECUTION_AUTHORIZED') this.#authorized(run, data);
  }

  /** The entries to prove: those of the types above and the last; of more than `most` the first and the newest. */
  proved(most: number): number[] {
    const all = [...new Set([...this.#proved, ...(this.#last < 0 ? [] : [this.#last])])];
    return all.length <= most ? all : [all[0]!, ...all.slice(1 - most)];
  }

  #of(run: string): RunEvidence {
    const known = this.runs.get(run);
    if (known) return known;
    const fresh: RunEvidence = {
      run,
      isCompleted: false,
      pipeline: '',
      datasets: {},
      needs: new Map(),
      stages: [],
      approvers: new Map(),
    };
    this.runs.set(run, fresh);
    return fresh;
  }

  #snapshot(data: JsonObject): void {
    const { policies_sha256: policies, schema_sha256: schema } = object(data['snapshot']);
    if (typeof policies === 'string' && typeof schema === 'string') this.policies.push({ policies, schema });
  }

  #started(run: string, data: JsonObject): void {
    const { name, version } = object(data['pipeline']);
    const record = this.#of(run);
    record.pipeline = `${text(name)} ${text(version)}`;
    const datasets = Object.entries(object(data['datasets']));
    record.datasets = Object.fromEntries(datasets.flatMap(([k, v]) => (typeof v === 'string' ? [[k, v]] : [])));
    const stages = list(data['stages']).map(object);
    record.needs = new Map(stages.map((stage) => [text(stage['name']), list(stage['needs']).map(text)]));
  }

  #finished(run: string, seq: number, data: JsonObject): void {
    const { stage, type, order_id: orderId, statement_sha256: statement, artifacts } = data;
    if (typeof stage !== 'string' || typeof type !== 'string' || typeof statement !== 'string') return;
    const { stages } = this.#of(run);
    const folder = `${plainName(run)}/${plainName(stage)}/`;
    const made = type === 'audit_export' ? [] : list(artifacts).map(object);
    const products = made.flatMap(({ name, sha256 }) =>
      typeof name === 'string' && typeof sha256 === 'string'
        ? [{ sha256, ...place(this.#artifacts, BUNDLE.artifacts, folder + plainName(name), sha256, '') }]
        : [],
    );
    const before = stages.findIndex((s) => s.stage === stage);
    const step = before < 0 ? freeStep(stages, plainName(stage)) : stages.splice(before, 1)[0]!.step;
    const name = `${plainName(run)}.${plainName(stage)}`;
    const placed = place(this.#statements, BUNDLE.statements, name, statement, '.dsse.json');
    const signed = { sha256: statement, ...placed };
    stages.push({ seq, stage, step, type, orderId: text(orderId), statement: signed, products });
  }

  #authorized(run: string, data: JsonObject): void {
    const { action, approvals } = object(data['order']);
    const { stage } = object(data['arguments']);
    if (action !== 'promote' || typeof stage !== 'string') return;
    const yes = list(approvals)
      .map(object)
      .filter((approval) => approval['verdict'] === 'yes');
    this.#of(run).approvers.set(
      stage,
      yes.map((approval) => text(approval['approver'])),
    );
  }
}

function place(names: FileNames, folder: string, path: string, content: string, ending: string) {
  const found = names.add(path, content);
  return { path: folder + found.path + ending, isNew: found.isNew };
}

function freeStep(stages: readonly StageEvidence[], name: string): string {
  const taken = new Set(stages.map((s) => s.step.toLowerCase()));
  let free = name;
  for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${name}-${n}`;
  return free;
}

const object = (json: Json | undefined): JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : {};
const list = (json: Json | undefined): readonly Json[] => (Array.isArray(json) ? (json as readonly Json[]) : []);
const text = (json: Json | undefined): string => (typeof json === 'string' ? json : '');
