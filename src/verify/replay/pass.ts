import { fromUtf8, hex, jcs, sha256Stream, utf8, type Sha256 } from '../../crypto';
import { BUNDLE, policyFile, schemaFile } from '../../protocol/bundle';
import { decisionsOf, type DecisionRecord } from '../../protocol/decisions';
import type { Json, JsonObject } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import type { LogEntry } from '../chain';
import type { Findings } from '../findings';
import type { Loaded } from '../manifest';
import type { LogState } from '../rules';
import type { PolicyReplay, PolicyTexts } from '../types';

/** What is never done but under a decision made before. Other entries may be, and then name their order too. */
const UNDER_A_DECISION: ReadonlySet<string> = new Set([
  'EXECUTION_COMPLETED',
  'EXECUTION_FAILED',
  'STAGE_COMPLETED',
  'VOTE_CAST',
  'PROMOTION',
  'ROLLBACK',
  'AUDIT_EXPORT',
  'HTTP_FETCHED',
]);

/** Every decision of the log, made again while the log is read: docs/policy.md. */
export class ReplayPass {
  /** The texts in force, and their hashes together. */
  #texts: PolicyTexts | undefined;
  #textsOf = '';
  /** Orders to sign policies that have no outcome yet, and for which text. */
  readonly #signing = new Map<string, unknown>();
  /** Over the lines that `policy/decisions.jsonl` must hold. */
  readonly #lines = sha256Stream();

  constructor(
    private readonly loaded: Loaded,
    private readonly engine: PolicyReplay | undefined,
    private readonly findings: Findings,
  ) {
    findings.replay.engine = engine !== undefined;
  }

  /** Takes the next entry, after the rules for it have changed `state`. */
  take(entry: LogEntry, state: LogState): void {
    const { type, data } = entry;
    if (type === 'CONFIG_SNAPSHOT') return this.#snapshot(entry, state);
    if (UNDER_A_DECISION.has(type) || 'order_id' in data) {
      const order = asText(data['order_id']);
      this.#signing.delete(order);
      if (!state.orders.has(order))
        this.#wrong(entry, 'no_decision', 'nothing in the log before it decided that this may happen');
    }
    const record = decisionsOf(entry);
    if (record) this.#decision(entry, record, state);
    else if (needsDecision(entry))
      this.#wrong(entry, 'no_decision', 'it does not record the decision that it rests on');
  }

  /** To be called when all of the log was taken. */
  finish(): void {
    const file = this.loaded.digests.get(BUNDLE.decisions);
    if (file?.sha256 === hex(this.#lines.digest())) return;
    // One that cannot be read was told already.
    if (!file && this.loaded.files.includes(BUNDLE.decisions)) return;
    const what = `The list of decisions ${file ? 'is not the one that follows from the log' : 'is not here'}.`;
    this.findings.add('integrity', 'wrong_decisions', BUNDLE.decisions, what);
  }

  #decision(entry: LogEntry, record: DecisionRecord, state: LogState): void {
    this.findings.replay.decisions += 1;
    this.#lines.update(utf8(`${jcs(record)}\n`));
    const { type, data } = entry;
    if (type === 'EXECUTION_BLOCKED' && data['code'] !== 'denied')
      this.#wrong(entry, 'wrong_decision', 'it says that a policy refused it, and gives another reason');
    if (type === 'EXECUTION_AUTHORIZED') this.#authorized(entry, record);
    if (record.policy_sha256 !== state.snapshot?.policies)
      return this.#wrong(entry, 'stale_policy', 'it was decided by policies that were not in force');
    if (!this.engine) return;
    const texts = this.#inForce(state.snapshot);
    const flaw = texts ? this.engine.judge(record, texts) : 'the policies that it was decided by are not here';
    if (flaw !== undefined) this.#wrong(entry, 'wrong_decision', flaw);
  }

  /** It has the approvals that its own decision asks for; that they hold is judged with the signatures. */
  #authorized(entry: LogEntry, { needed, request }: DecisionRecord): void {
    const order = asObject(entry.data['order']);
    const approvals = Array.isArray(order['approvals']) ? (order['approvals'] as readonly Json[]).map(asObject) : [];
    const approvers = new Set(approvals.filter((a) => a['verdict'] === 'yes').map((a) => a['approver']));
    if (approvers.size < needed)
      this.#wrong(entry, 'missing_approvals', `it needed ${needed} approvals and has ${approvers.size}`);
    if (request.action !== 'sign_policies') return;
    const [oldest] = this.#signing.keys();
    if (this.#signing.size >= LIMITS.kernelInFlight && oldest !== undefined) this.#signing.delete(oldest);
    this.#signing.set(asText(order['order_id']), asObject(entry.data['arguments'])['policies_sha256']);
  }

  /** The first policies come with the log; later ones come in force by a decision of those before them. */
  #snapshot(entry: LogEntry, { snapshot }: LogState): void {
    if (!snapshot || snapshot.number === 1) return;
    if (![...this.#signing.values()].includes(snapshot.policies))
      this.#wrong(
        entry,
        'ungoverned_policies',
        'policies came in force that no decision of those before them permitted',
      );
  }

  #inForce({ policies, schema }: NonNullable<LogState['snapshot']>): PolicyTexts | undefined {
    const both = `${policies} ${schema}`;
    if (this.#textsOf === both) return this.#texts;
    this.#textsOf = both;
    const [cedar, schemaText] = [this.#text(policyFile(policies), policies), this.#text(schemaFile(schema), schema)];
    this.#texts = cedar !== undefined && schemaText !== undefined ? { cedar, schema: schemaText } : undefined;
    return this.#texts;
  }

  /** The file's text, when it is the one that its name promises. */
  #text(path: string, sha256: Sha256): string | undefined {
    const bytes = this.loaded.bytes.get(path);
    if (!bytes || this.loaded.digests.get(path)?.sha256 !== sha256) return undefined;
    try {
      return fromUtf8(bytes);
    } catch {
      return undefined;
    }
  }

  #wrong(entry: LogEntry, code: string, what: string): void {
    const where = `${BUNDLE.entries}:${entry.seq + 1}`;
    this.findings.add('policyReplay', code, where, `Entry ${entry.seq}: ${what}.`);
  }
}

const asObject = (json: Json | undefined): JsonObject =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as JsonObject) : {};

/** Empty for what is no text: no order has that id. */
const asText = (json: Json | undefined): string => (typeof json === 'string' ? json : '');

/** A refusal was made by no policy when it says so and its reason is another one. */
const needsDecision = ({ type, data }: LogEntry): boolean =>
  type === 'EXECUTION_AUTHORIZED' ||
  type === 'APPROVAL_REQUESTED' ||
  (type === 'EXECUTION_BLOCKED' && (data['decided'] !== false || data['code'] === 'denied'));
