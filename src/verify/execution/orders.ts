import { jcs, sha256Text } from '../../crypto';
import type { ExecutionRecord } from '../../protocol/execution';
import type { Json, JsonObject } from '../../protocol/json';
import { fullLimits, gasWithin, type StatedLimits } from '../../protocol/run-limits';

/** What an order allows a run to be, by the fields of its record. */
export interface Allowed {
  /** Digests: the texts may be long, and many orders are open at a time. */
  fields: ReadonlyMap<string, string>;
  /** All of them: what the order leaves out has its default, and of the gas it is what the budget pays for. */
  limits: JsonObject;
}

/** Fields of a record that follow from its order alone. */
const FIXED = ['module_sha256', 'abi', 'entry', 'args', 'input_sha256', 'files', 'seed', 'now', 'grants'] as const;

/** Of the data of an EXECUTION_AUTHORIZED; `undefined` for an order of something else than a skill's run. */
export function allowedBy(data: JsonObject): Allowed | undefined {
  const order = asObject(data['order']);
  const { action, order_id: id, issued_at: issued } = order;
  if (action !== 'run_skill' || typeof id !== 'string' || typeof issued !== 'string') return undefined;
  const asked = asObject(data['arguments']);
  const { abi = 'raw', entry = null, args = [], files = {}, budget = null } = asked;
  const { module_sha256 = null, input_sha256 = null, grants = null } = asked;
  const seed = sha256Text(`sovereign-seed/1\n${id}`);
  const time = Date.parse(issued);
  const now = Number.isNaN(time) ? null : time;
  const record: JsonObject = { module_sha256, abi, entry, args, input_sha256, files, seed, now, grants };
  const fields = new Map(FIXED.map((name) => [name, digest(record[name] ?? null)]));
  return { fields, limits: limitsOf(asObject(asked['limits']), budget) };
}

/** The first field in which a record is of another run than was allowed. */
export function strayed(record: ExecutionRecord, { fields, limits }: Allowed): string | undefined {
  for (const name of FIXED) if (digest(record[name]) !== fields.get(name)) return name;
  for (const [name, stated] of Object.entries(limits)) {
    if (record.limits[name as keyof ExecutionRecord['limits']] !== stated) return `limits.${name}`;
  }
  return undefined;
}

/** What an order may not state at all stays in it, and no record is like that. */
function limitsOf(stated: JsonObject, budget: Json): JsonObject {
  const full = { ...stated, ...fullLimits(stated as unknown as StatedLimits) };
  return { ...full, ...(typeof budget === 'number' ? { gas: gasWithin(full.gas, budget) } : {}) };
}

const digest = (json: Json): string => sha256Text(jcs(json));

const asObject = (json: Json | undefined): JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : {};
