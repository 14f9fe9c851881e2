import { readChange, registryDigest, RegistryError, step } from '../../registry';
import { underOrder } from './orders';
import { StateMoved } from './shapes';
import type { Case } from './state';

/**
 * The registry of skills, replayed: each change is allowed where it stands, and one that says what is in use before and
 * after it says so rightly.
 */
export function registryChanged(c: Case): void {
  underOrder(c);
  const { type, data } = c.entry;
  const change = readChange(type, data);
  if (!change) return c.broken('bad_entry', `the ${type} entry lacks its fields`);
  const before = c.state.registry;
  try {
    c.state.registry = step(before, change);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return c.broken('bad_registry', `the registry does not allow this change (${error.code})`);
  }
  if (type !== 'SKILL_INSTALLED' && type !== 'SKILL_ROLLED_BACK') return;
  const moved = c.read(StateMoved);
  if (!moved) return;
  if (moved.state_before !== registryDigest(before) || moved.state_after !== registryDigest(c.state.registry))
    c.broken('bad_registry', 'the state before or after the change does not have its SHA-256');
}
