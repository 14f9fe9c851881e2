import { LIMITS } from '../../protocol/limits';
import { VerifyError, type Problem, type Report, type Verdict, type VerdictName, type VerifyOptions } from '../types';
import type { Flaw, SeedChain } from './block';

export type SeedFormat = 'seed-compliance-bundle' | 'seed-audit-log';

/** What a verification of the seed's evidence found out, and the verdicts that follow from it. */
export class SeedFindings {
  readonly #problems: Problem[] = [];
  readonly #failed = new Set<VerdictName>();
  #count = 0;
  /** Hex, as the bundle states it; a log states none. */
  key: string | null = null;
  artifacts = 0;

  constructor(
    readonly format: SeedFormat,
    readonly chain: SeedChain,
    private readonly options: VerifyOptions,
  ) {}

  /** @throws VerifyError `cancelled`. */
  step(what: string, done: number, total: number): void {
    if (this.options.signal?.aborted) throw new VerifyError('cancelled', 'The verification was cancelled.');
    this.options.onProgress?.(what, done, total);
  }

  fail(verdict: VerdictName, code: string, where: string, message: string): void {
    this.#failed.add(verdict);
    this.#add({ code, where, message, verdict });
  }

  flaws(flaws: readonly Flaw[], where: string): void {
    for (const { code, message } of flaws)
      this.fail('integrity', code, where, `Block ${this.chain.count - 1}: ${message}.`);
  }

  /** `where` names the block at an index. */
  report(size: { files: number; bytes: number }, where: (index: number) => string): Report {
    const { chain, options } = this;
    if (chain.firstTruncated !== undefined)
      this.#add({
        code: 'truncated_signature',
        where: where(chain.firstTruncated),
        message: `${count(chain.truncated, 'signature')} in the blocks ${chain.truncated === 1 ? 'was' : 'were'} cut short when logged: nobody can check ${chain.truncated === 1 ? 'it' : 'them'}. This is the first.`,
        verdict: 'authenticity',
      });
    const verdicts: Record<VerdictName, Verdict> = {
      integrity: this.#failed.has('integrity') ? 'fail' : 'pass',
      authenticity: this.#failed.has('authenticity') ? 'fail' : 'unknown',
      nonEquivocation: 'unknown',
      time: 'unknown',
      policyReplay: 'unknown',
      execution: 'unknown',
    };
    const facts: Report['facts'] = {
      origin: null,
      entries: chain.count,
      root: null,
      firstTime: chain.firstTime,
      lastTime: chain.lastTime,
      ...size,
      governanceKey: this.key,
      run: null,
      witnessed: [],
      disclosed: [],
      problems: this.#count,
    };
    const reasons = {
      integrity: this.#firstOf('integrity') ?? this.#intact(),
      authenticity: this.#firstOf('authenticity') ?? this.#unauthenticated(options.governanceKey !== undefined),
      nonEquivocation:
        'Not checked: this format has no signed head and no witnesses, so a tail that was cut off, or another history, cannot be seen.',
      time: "Not checked: times are the writer's own clock, without a time zone, and nobody vouches for them.",
      policyReplay:
        'Not checked: this format keeps only hashes of policies and contexts, so no decision can be recomputed.',
      execution: 'Not checked: this format records no run that could be made again.',
    };
    return { format: this.format, verdicts, reasons, problems: this.#problems, facts };
  }

  #add(problem: Problem): void {
    this.#count += 1;
    if (this.#problems.length < LIMITS.bundleProblems) this.#problems.push(problem);
  }

  #firstOf(verdict: VerdictName): string | undefined {
    if (!this.#failed.has(verdict)) return undefined;
    const first = this.#problems.find((problem) => problem.verdict === verdict);
    return first && `${first.message} (${first.where})`;
  }

  #intact(): string {
    const head = `The last hash is ${this.chain.head ?? 'none'}.`;
    const artifacts = this.artifacts === 0 ? '' : ` ${count(this.artifacts, 'artifact')} as a block states it.`;
    const header =
      this.format === 'seed-compliance-bundle' ? ' No hash covers generated_at, verified_at and public_key.' : '';
    return `${count(this.chain.count, 'block')}, each with its own hash and that of the block before it.${artifacts} ${head}${header}`;
  }

  #unauthenticated(pinned: boolean): string {
    const { truncated, wholeSignatures } = this.chain;
    const start = this.#failed.has('integrity') ? 'unauthenticated' : 'intact, unauthenticated';
    const signatures =
      truncated + wholeSignatures === 0
        ? 'no block carries a signature'
        : `${count(truncated, 'signature')} truncated, ${wholeSignatures} whole, and none over a block`;
    const key =
      this.format === 'seed-audit-log'
        ? 'the log names no key'
        : pinned
          ? 'the key that you gave stands in the bundle, but has signed nothing in it that can be checked'
          : 'the key is inside the bundle, where anyone could have put it';
    return `${start}: ${signatures}; ${key}. Whoever can write the file can also write every hash in it.`;
  }
}

const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
