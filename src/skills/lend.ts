/**
 * What a supervisor asks of the window that made it. The window starts the skill workers, not the supervisor: Firefox
 * ESR 153 under a debugger or WebDriver deadlocks, about once in fifty times, in a worker's own `new Worker`.
 */
export type ToWindow =
  | { type: 'ready' } // The supervisor holds its lock and may be given ports.
  | { type: 'spawn'; name: string } // Start a skill worker; the port that comes along is its only one.
  | { type: 'end'; name: string };
export type FromWindow =
  | { type: 'connect' } // A port to a node comes along.
  | { type: 'lost'; name: string; message: string };

export function parseToWindow(data: unknown): ToWindow | undefined {
  const { type, name } = fields(data);
  if (type === 'ready') return { type };
  if ((type === 'spawn' || type === 'end') && typeof name === 'string') return { type, name };
  return undefined;
}

export function parseFromWindow(data: unknown): FromWindow | undefined {
  const { type, name, message } = fields(data);
  if (type === 'connect') return { type };
  if (type === 'lost' && typeof name === 'string' && typeof message === 'string') return { type, name, message };
  return undefined;
}

const fields = (data: unknown): Record<string, unknown> =>
  typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
