import type { AuditLog, Entry } from '../../audit';
import { parseJson } from '../../crypto';
import { executionIn, parseExecution, type ExecutionRecord } from '../../protocol/execution';
import type { Json, JsonObject } from '../../protocol/json';
import type { Params, ReplayView } from '../../protocol/messages';
import { replayExecution, type SkillRunner } from '../../skills';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import { outcomeOfOrder } from '../outcomes';
import type { Running } from '../running';

/** A replay changes nothing and reaches nothing: it needs no order, and leaves no entry. */
export function replayHandlers(running: () => Running, runner: () => SkillRunner): Pick<Handlers, 'ReplayExecution'> {
  return {
    ReplayExecution: async (asked) => {
      const node = running();
      const { seq, data, type } = await outcomeOf(node.log, asked);
      const record = parseExecution(executionIn(type, data)) ?? (await delegatedIn(node, data['result']));
      if (!record)
        throw new NodeError('not_found', `Entry ${seq} records no run of a skill that can be made again.`, NONE);
      const { blobs } = node.storage;
      const bytes = async (sha256: string) => (await blobs.get(sha256)) ?? node.skills.module(sha256);
      const replayed = await replayExecution(record, bytes, runner());
      const { module_sha256, outcome, gas } = record;
      return { seq, order_id: text(data['order_id']), module_sha256, outcome, gas, replayed } satisfies ReplayView;
    },
  };
}

const NONE = { advice: 'Choose the entry in which a run of a skill ended.' };

/** The entry in which the run ended, found by that entry, by its authorisation, or by its order. */
async function outcomeOf(log: AuditLog, asked: Params<'ReplayExecution'>): Promise<Entry> {
  if ('order_id' in asked) return endOf(log, asked.order_id, 0);
  const end = Math.min(asked.seq + 1, log.size);
  for await (const entry of log.entries(Math.min(asked.seq, end), end)) {
    if (entry.type !== 'EXECUTION_AUTHORIZED') return entry;
    return endOf(log, text((entry.data['order'] as JsonObject)['order_id']), asked.seq);
  }
  throw new NodeError('not_found', `The log has no entry ${asked.seq}.`);
}

async function endOf(log: AuditLog, orderId: string, from: number): Promise<Entry> {
  const entry = await outcomeOfOrder(log, orderId, from);
  if (!entry) throw new NodeError('not_found', 'The log has no outcome of that order.', NONE);
  return entry;
}

/** Of a run by another member: what was verified when it came is verified again, and can then be made here. */
async function delegatedIn({ storage }: Running, result: Json | undefined): Promise<ExecutionRecord | undefined> {
  if (typeof result !== 'object' || result === null || !('evidence_sha256' in result)) return undefined;
  const bytes = await storage.blobs.get(text(result.evidence_sha256));
  if (!bytes) throw new NodeError('not_found', 'What proved this run is not here any more.');
  const { verifyEvidence } = await import('../../mesh/delegate');
  return (await verifyEvidence(parseJson(bytes))).execution;
}

const text = (json: unknown): string => (typeof json === 'string' ? json : '');
