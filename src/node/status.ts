import type { NodeStatus, SubsystemHealth } from '../protocol/messages';
import { NodeError } from './errors';
import type { Machine } from './node';
import type { Running } from './running';

/** The node at a glance. Never throws: what cannot be read now is null. */
export async function readStatus(machine: Machine, running: Running | undefined): Promise<NodeStatus> {
  const { options, phase, halt } = machine;
  const mesh = orNull(() => running?.mesh.current);
  const idle = (s: SubsystemHealth) => s.name === 'mesh' && s.state === 'up' && !mesh?.isMember;
  const health = machine.supervisor.health().map((s): SubsystemHealth => (idle(s) ? { ...s, state: 'idle' } : s));
  const subsystems = [...health, ...hostOf(machine)];
  const healthy = subsystems.every((s) => s.state === 'up' || s.state === 'idle');
  return {
    phase,
    ...(halt ? { halt } : {}),
    version: options.version,
    build: options.build,
    realm: options.realm,
    uptime_ms: options.clock.now() - machine.startedAt,
    node_id: orNull(() => machine.service().identity?.public.nodeId),
    log: orNull(() => running && logOf(running)),
    storage: await storageOf(machine),
    subsystems,
    tabs: machine.tabs,
    pending_approvals: orNull(() => running?.governance.pendingApprovals().length) ?? 0,
    active_run: orNull(() => running?.pipelines.active()),
    mesh_peer_id: mesh?.isMember ? mesh.self : null,
    mesh_connections: mesh?.links ?? 0,
    license_active: false,
    system_health: phase === 'halted' ? 'HALTED' : phase === 'ready' && healthy ? 'OK' : 'DEGRADED',
  };
}

/** What a subsystem says, or null while it is down. */
function orNull<T>(read: () => T | undefined): T | null {
  try {
    return read() ?? null;
  } catch (error) {
    if (error instanceof NodeError) return null;
    throw error;
  }
}

/** Tabs lend what a worker cannot do itself. A terminal has it all, and lists none. */
const hostOf = ({ options, tabs }: Machine): SubsystemHealth[] =>
  options.realm === 'node' ? [] : [{ name: 'host', state: tabs > 0 ? 'up' : 'idle', restarts: 0 }];

const logOf = (running: Running, { log } = running) => ({
  size: log.size,
  root: log.root,
  checkpoint_size: log.lastCheckpoint?.size ?? 0,
  witnessed_size: orNull(() => running.witnesses.witnessedSize) ?? 0,
});

async function storageOf(machine: Machine): Promise<NodeStatus['storage']> {
  try {
    const { used, quota } = await machine.storage().usage();
    return { used, quota, persisted: (await machine.options.persisted?.()) ?? true };
  } catch {
    return { used: 0, quota: null, persisted: false };
  }
}
