import type { AuditLog, Entry } from '../../audit';
import { jcsBytes, sha256Hex, type Sha256 } from '../../crypto';
import type { Executor, WorkOrder } from '../../governance';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

/** The model registry: named pointers to models. Its state is the fold of PROMOTION and ROLLBACK, nothing else. */
export class Registry {
  readonly #pointers = new Map<string, Sha256>();

  /** Entries in log order; others than the two are passed over. */
  apply(entry: Entry): void {
    if (entry.type !== 'PROMOTION' && entry.type !== 'ROLLBACK') return;
    const { pointer, to } = entry.data;
    if (typeof pointer === 'string') this.set(pointer, typeof to === 'string' ? to : null);
  }

  get(pointer: string): Sha256 | null {
    return this.#pointers.get(pointer) ?? null;
  }

  set(pointer: string, to: Sha256 | null): void {
    if (to === null) this.#pointers.delete(pointer);
    else this.#pointers.set(pointer, to);
  }

  /** SHA-256 of the JCS of `{pointers: {name: sha256}}`: what a rollback proves to have restored. */
  digest(): Sha256 {
    return sha256Hex(jcsBytes({ pointers: Object.fromEntries(this.#pointers) }));
  }

  digestWith(pointer: string, to: Sha256 | null): Sha256 {
    const next = new Registry();
    for (const [name, target] of this.#pointers) next.set(name, target);
    next.set(pointer, to);
    return next.digest();
  }
}

/** Moves a pointer forward, or back to a state whose digest was recorded earlier. */
export function registryExecutor(door: EffectDoor, registry: Registry, log: AuditLog): Executor {
  const move = async (
    type: 'PROMOTION' | 'ROLLBACK',
    order: WorkOrder,
    pointer: string,
    to: Sha256 | null,
    run: string,
  ) => {
    const result = {
      pointer,
      from: registry.get(pointer),
      to,
      state_before: registry.digest(),
      state_after: registry.digestWith(pointer, to),
    };
    // A head over everything that led here stands before an act that others will build on.
    await log.checkpoint();
    await log.append({ type, data: { ...result, order_id: order.order_id, run } });
    registry.set(pointer, to);
    return result;
  };
  return {
    audience: 'registry',
    async execute(order, args) {
      if (order.action === 'promote') {
        await door.check(order, 'registry', 'promote', args);
        const { pointer, model_sha256, previous, run } = parseArgs('promote', args);
        if (registry.get(pointer) !== previous) {
          throw new EffectError('pointer_moved', `The pointer ${pointer} moved since the promotion was asked for.`, {
            advice: 'Run the pipeline again on the present state.',
          });
        }
        return move('PROMOTION', order, pointer, model_sha256, run);
      }
      await door.check(order, 'registry', 'rollback', args);
      const { pointer, to, run, expect_state_sha256 } = parseArgs('rollback', args);
      if (registry.digestWith(pointer, to) !== expect_state_sha256) {
        throw new EffectError('digest_mismatch', `Rolling back ${pointer} would not restore the earlier state.`, {
          details: { expected: expect_state_sha256, actual: registry.digestWith(pointer, to) },
        });
      }
      return move('ROLLBACK', order, pointer, to, run);
    },
  };
}
