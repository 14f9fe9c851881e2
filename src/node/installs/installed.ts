import type { Entry } from '../../audit';
import type { Intent } from '../../governance';
import {
  EMPTY_REGISTRY,
  readChange,
  REGISTRY_EVENTS,
  requireNotRevoked,
  step,
  type InstalledSkill,
  type InstalledVersion,
  type RegistryChange,
  type RegistryState,
} from '../../registry';
import { diffGrants } from '../../protocol/grants';
import type { Json } from '../../protocol/json';
import { HaltError } from '../halts';

/** A run of a skill that is under way, and what ends it when the skill is revoked meanwhile. */
export interface GuardedRun {
  readonly signal: AbortSignal;
  end(): void;
}

/** The skills from outside that this node has: the fold of the log's entries about them, nothing else. */
export class InstalledSkills {
  #state = EMPTY_REGISTRY;
  readonly #changed: () => void;
  readonly #runs = new Set<{ skill: string; module: string; stop: AbortController }>();

  constructor(changed: () => void = () => undefined) {
    this.#changed = changed;
  }

  get state(): RegistryState {
    return this.#state;
  }

  /** Entries in log order; others than the registry's are passed over. @throws HaltError for one that cannot be. */
  apply({ type, seq, data }: Entry): void {
    if (!REGISTRY_EVENTS.has(type)) return;
    const change = readChange(type, data);
    if (!change) throw new HaltError('log_broken', `Entry ${seq} is no ${type}.`);
    try {
      this.#state = step(this.#state, change);
    } catch (cause) {
      throw new HaltError('log_broken', `Entry ${seq} changes the registry in a way that it does not allow.`, cause);
    }
  }

  /** A change whose entry is durable. Runs of what it revokes end. */
  commit(change: RegistryChange): void {
    this.#state = step(this.#state, change);
    for (const { skill, module, stop } of this.#runs) {
      try {
        this.requireRunnable(skill, module);
      } catch (error) {
        stop.abort(error);
      }
    }
    this.#changed();
  }

  /** The version that a name stands for. */
  current(name: string): { skill: InstalledSkill; version: InstalledVersion } | undefined {
    const skill = this.#state.skills.get(name);
    return skill && { skill, version: skill.versions.get(skill.current)! };
  }

  /**
   * Whether these bytes may run under this name. A name is judged by the version that it stands for, as the page does: the
   * way out of a revoked version is a newer one. Without a name of their own, bytes are what any version knows of them.
   * @throws RegistryError `revoked`, `author_revoked`
   */
  requireRunnable(name: string, module: string): void {
    const current = this.current(name);
    const named = current?.version.moduleSha256 === module;
    const judged: [string, string, InstalledVersion][] = named
      ? [[name, current.skill.author, current.version]]
      : [...this.#state.skills].flatMap(([title, { author, versions }]) =>
          [...versions.values()].map((version): [string, string, InstalledVersion] => [title, author, version]),
        );
    for (const [title, author, { version, manifestSha256, moduleSha256 }] of judged)
      if (moduleSha256 === module) requireNotRevoked(this.#state, author, manifestSha256, `${title} ${version}`);
  }

  /** @throws RegistryError `revoked`, `author_revoked` */
  begin(skill: string, module: string): GuardedRun {
    this.requireRunnable(skill, module);
    const run = { skill, module, stop: new AbortController() };
    this.#runs.add(run);
    return { signal: run.stop.signal, end: () => void this.#runs.delete(run) };
  }

  /** The node's own word for the policies, whatever the caller states. */
  factsOf({ action, args }: Pick<Intent, 'action' | 'args'>): Intent['context'] {
    const grants = texts(args['grants']);
    const name = text(args['skill']);
    switch (action) {
      case 'run_skill':
        // Only where it is so: policies that were signed before there was a registry do not know the fact.
        return this.#isInstalled(name, text(args['module_sha256']), grants) ? { installed: true } : {};
      case 'install_skill':
      case 'upgrade_skill':
        return { trusted: this.#trusts(text(args['author'])), new_grants: this.#gained(name, grants) };
      case 'rollback_skill': {
        const target = this.#state.skills.get(name)?.versions.get(text(args['to']));
        return { new_grants: this.#gained(name, target?.grants ?? []) };
      }
      default:
        return {};
    }
  }

  #isInstalled(name: string, module: string, grants: readonly string[]): boolean {
    const version = this.current(name)?.version;
    return version?.moduleSha256 === module && grants.every((grant) => version.grants.includes(grant));
  }

  #gained(name: string, grants: readonly string[]): number {
    return diffGrants(this.current(name)?.version.grants ?? [], grants).gained.length;
  }

  #trusts = (author: string): boolean => this.#state.authors.get(author)?.trusted === true;
}

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const texts = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.map((item) => text(item as Json)) : [];
