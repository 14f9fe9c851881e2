import type { PendingApproval } from '../../src/governance';
import type { JsonObject } from '../../src/protocol/json';
import type { EntryView, NodeStatus } from '../../src/protocol/messages';
import { harmless } from '../run-view';

const lines = (...texts: string[]): string => texts.map((text) => `${harmless(text)}\n`).join('');
const field = (name: string, ...said: (string | number)[]): string => `${name.padEnd(10)}${said.join('  ')}`;

export function statusWords(status: NodeStatus): string {
  const { log } = status;
  const troubles = status.subsystems.filter((s) => s.state === 'down' || s.state === 'restarting');
  return lines(
    field('Health', status.system_health, status.phase, ...(status.halt ? [status.halt.message] : [])),
    field('Node', status.node_id ?? 'none', `${status.realm} ${status.version} (${status.build})`),
    field('Up', `${Math.round(status.uptime_ms / 1_000)} s`),
    field('Log', log ? `${log.size} entries, ${log.witnessed_size} witnessed, root ${log.root}` : 'none'),
    field('Mesh', status.mesh_peer_id ?? 'none', `${status.mesh_connections} connections`),
    field('Licence', status.license_active ? 'active' : 'none'),
    field('Waiting', `${status.pending_approvals} approvals`),
    ...troubles.map(({ name, state, message }) => field('Trouble', name, state, message ?? '')),
  );
}

export function logWords(views: readonly EntryView[]): string {
  return lines(
    ...views.toReversed().map(({ entry: { seq, ts, type, severity, data } }) => {
      const parts = [
        String(seq).padStart(6),
        ts,
        severity === 'INFO' ? type : `${type} (${severity})`,
        ...actWords(data),
      ];
      return parts.join('  ');
    }),
  );
}

/** Who did what, where an entry says it; the whole of it is in `--json`. */
function actWords(data: JsonObject): string[] {
  const asked = isObject(data['request']) ? data['request'] : isObject(data['intent']) ? data['intent'] : data;
  const { principal, action, resource } = asked;
  const told = typeof data['code'] === 'string' ? [data['code']] : [];
  if (!isObject(principal) || !isObject(resource)) return told;
  return [
    [...named(principal), action, ...named(resource)].filter((word) => typeof word === 'string').join(' '),
    ...told,
  ];
}

const named = ({ type, id }: JsonObject): unknown[] => [type, JSON.stringify(id)];
const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function approvalsWords(pending: readonly PendingApproval[]): string {
  if (pending.length === 0) return 'Nothing waits for approval.\n';
  return lines(
    ...pending.map(({ id, intent: { principal, action, resource }, requestedAt }) =>
      [id, requestedAt, `${principal.type} "${principal.id}"`, action, `${resource.type} "${resource.id}"`].join('  '),
    ),
  );
}
