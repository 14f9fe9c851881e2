import type { Executor } from '../../governance';
import type { Json } from '../../protocol/json';
import type { InstalledSkills } from '../installs';

/**
 * Runs a skill as `inner` does, but not one that was revoked, and not on once it is. A skill of the build is pinned by the build and
 * cannot be revoked here; the same bytes under a name from outside can.
 *
 * @param bundled a skill of the build, by its name or hash
 */
export function revocable(
  inner: Executor,
  installs: InstalledSkills,
  bundled: (nameOrHash: string) => { sha256: string } | undefined,
): Executor {
  return {
    audience: inner.audience,
    async execute(order, args, context) {
      const [skill, module] = [text(args['skill']), text(args['module_sha256'])];
      if (bundled(skill)?.sha256 === module) return inner.execute(order, args, context);
      const run = installs.begin(skill, module);
      try {
        return await inner.execute(order, args, { ...context, signal: AbortSignal.any([context.signal, run.signal]) });
      } catch (error) {
        // Why it ended is that, whatever the runner made of it.
        run.signal.throwIfAborted();
        throw error;
      } finally {
        run.end();
      }
    },
  };
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
