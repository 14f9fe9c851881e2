import type { AuditLog, EventType } from '../audit';

/** What a node writes by itself before its owner did anything. */
const OWN: readonly EventType[] = [
  'GENESIS',
  'CONFIG_SNAPSHOT',
  'ROLE_SIGNATURE',
  'NODE_STARTED',
  'WITNESSES_SET',
  'SUBSYSTEM_RESTARTED',
  'CLOCK_STEPPED_BACK',
];
const MOST = 64;

/** Whether nothing would be lost by starting over: only then may a restored identity take this one's place. */
export async function isPristine(log: AuditLog): Promise<boolean> {
  if (log.size > MOST) return false;
  for await (const entry of log.entries(0, log.size)) if (!OWN.includes(entry.type)) return false;
  return true;
}
