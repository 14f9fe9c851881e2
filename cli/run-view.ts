import type { PendingApproval } from '../src/governance';
import type { RunStatus, StageStatus } from '../src/pipeline';

/** Text of others on a terminal: no control or direction characters reach it. */
export const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');

/** A path as a shell takes it. */
export const quoted = (path: string): string =>
  /^[\w@%+=:,./-]+$/.test(path) ? path : `'${harmless(path).replaceAll("'", "'\\''")}'`;

const MARKS: Partial<Record<StageStatus['state'], string>> = {
  completed: 'ok',
  failed: 'FAILED',
  blocked: 'REFUSED',
  stopped: 'stopped',
};

/** Prints each stage once, when it has ended: mark, name, type, short hash, time, and what came of it. */
export class RunPrinter {
  readonly #told = new Set<string>();
  readonly #width: number;

  constructor(
    private readonly line: (text: string) => void,
    stages: readonly { name: string }[],
  ) {
    this.#width = Math.max(...stages.map((s) => s.name.length));
  }

  show(run: RunStatus): void {
    for (const stage of run.stages) {
      const mark = MARKS[stage.state];
      if (mark === undefined || this.#told.has(stage.name)) continue;
      this.#told.add(stage.name);
      this.line(stageLine(stage, mark, this.#width));
    }
  }
}

function stageLine(stage: StageStatus, mark: string, width: number): string {
  const hash = stage.sha256?.slice(0, 12) ?? '-';
  const time = stage.ms === undefined ? '' : `${stage.ms} ms`;
  const head = `${mark.padEnd(8)}${stage.name.padEnd(width + 2)}${stage.type.padEnd(18)}${hash.padEnd(14)}${time.padStart(9)}`;
  const said = stage.error ? `${stage.error.code}: ${stage.error.message}` : (stage.summary ?? '');
  return harmless(`${head}  ${said}`).trimEnd();
}

/** Exactly what an approval would permit, in words and in full. */
export function describeApproval({ intent, policies, actionDigest }: PendingApproval): string[] {
  const { principal, action, resource, args, context } = intent;
  return [
    `Approval needed: ${principal.type} "${principal.id}" asks to ${action} ${resource.type} "${resource.id}".`,
    ...Object.entries(args).map(
      ([key, value]) =>
        `  ${key.padEnd(14)}${value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value)}`,
    ),
    `  ${'facts'.padEnd(14)}${JSON.stringify(context)}`,
    `  ${'asked for by'.padEnd(14)}policy ${policies.join(', ')}`,
    `  ${'signs over'.padEnd(14)}${actionDigest}`,
  ].map(harmless);
}
