import { LIMITS } from '../protocol/limits';
import { VERDICTS, type Problem, type Report, type Verdict, type VerdictName } from './types';

/** What a verification found out, problem by problem, and the verdicts that follow from it. */
export class Findings {
  readonly #problems: Problem[] = [];
  readonly #failed = new Set<VerdictName>();
  #count = 0;
  readonly facts: Report['facts'] = {
    origin: null,
    entries: null,
    root: null,
    firstTime: null,
    lastTime: null,
    files: 0,
    bytes: 0,
    governanceKey: null,
    run: null,
    witnessed: [],
    disclosed: [],
    problems: 0,
  };
  /** What was checked, for the sentence beside a verdict. */
  readonly counts = { signatures: 0, orders: 0, statements: 0, artifacts: 0 };
  /** What was held against the log's heads from outside, in words. */
  heads: readonly string[] = [];
  /** By when (ISO 8601 UTC) the first `size` entries existed, and who says so. */
  readonly bounds: { size: number; time: string; by: string }[] = [];
  /** Timestamp tokens that are here, and whether the certificate of an authority was given. */
  readonly timestamps = { found: 0, pinned: false };
  /** Decisions that the log records, and whether there was an engine to make them again. */
  readonly replay = { decisions: 0, engine: false };

  /** Runs of skills that the log records here: made again and identical, or not made again; and whether that was asked. */
  readonly executions: { recorded: number; identical: number; open: number; why?: string; engine: boolean } = {
    recorded: 0,
    identical: 0,
    open: 0,
    engine: false,
  };

  add(verdict: VerdictName, code: string, where: string, message: string): void {
    this.#failed.add(verdict);
    this.#count += 1;
    if (this.#problems.length < LIMITS.bundleProblems) this.#problems.push({ code, where, message, verdict });
  }

  report(pinned: boolean): Report {
    const intact = !this.#failed.has('integrity');
    // A signature speaks for the files as they were signed; when these differ, it no longer speaks for them.
    const authentic = !this.#failed.has('authenticity') && (intact || !pinned);
    const verdicts: Record<VerdictName, Verdict> = {
      integrity: intact ? 'pass' : 'fail',
      authenticity: !authentic ? 'fail' : pinned ? 'pass' : 'unknown',
      nonEquivocation: this.#outside('nonEquivocation', intact && this.heads.length > 0),
      time: this.#outside('time', intact && this.bounds.some(({ size }) => size === this.facts.entries)),
      policyReplay: this.#replayed(intact),
      execution: this.#executed(intact),
    };
    const reason = (name: VerdictName): string => this.#reason(name, verdicts[name]);
    const reasons = Object.fromEntries(VERDICTS.map((name) => [name, reason(name)])) as Record<VerdictName, string>;
    const facts = { ...this.facts, problems: this.#count };
    return { format: 'sovereign-bundle', verdicts, reasons, problems: this.#problems, facts };
  }

  /** What only something from outside the bundle can show. */
  #outside(name: VerdictName, holds: boolean): Verdict {
    return this.#failed.has(name) ? 'fail' : holds ? 'pass' : 'unknown';
  }

  #headsReason(verdict: Verdict): string {
    if (verdict === 'pass') return `${capital(this.heads.join('; and '))}.`;
    if (this.heads.length > 0) return 'What is here is not whole, so what was seen of the log says little about it.';
    return 'Not checked: without a witness policy or an older checkpoint from outside, its owner could show others another log.';
  }

  #timeReason(verdict: Verdict): string {
    const [bound] = this.bounds.toSorted((a, b) => b.size - a.size || (a.time < b.time ? -1 : 1));
    if (verdict === 'pass') return `All ${bound!.size} entries existed by ${bound!.time}: ${bound!.by}.`;
    if (bound) return `Only the first ${bound.size} entries have a bound: they existed by ${bound.time}, ${bound.by}.`;
    const { found, pinned } = this.timestamps;
    if (found > 0 && !pinned)
      return 'Not checked: a timestamp token is here, but no certificate of its authority was given from outside.';
    return "Not checked: times are the node's own clock; no witness that you trust vouches for them.";
  }

  /** What is no longer whole may lack decisions, so that the others hold says little. */
  #replayed(intact: boolean): Verdict {
    if (this.#failed.has('policyReplay')) return 'fail';
    return intact && this.replay.engine && this.replay.decisions > 0 ? 'pass' : 'unknown';
  }

  #executed(intact: boolean): Verdict {
    if (this.#failed.has('execution')) return 'fail';
    const { identical, open } = this.executions;
    return intact && identical > 0 && open === 0 ? 'pass' : 'unknown';
  }

  #executionReason(verdict: Verdict): string {
    const { recorded, identical, open, why, engine } = this.executions;
    if (verdict === 'pass') return `${identical} runs of skills come out the same when they are made again.`;
    if (!engine) return `Not checked: ${recorded} runs of skills are recorded, and were not asked to be made again.`;
    if (open > 0)
      return `${identical} runs of skills come out the same, but ${open} could not be made again. ${why ?? 'They were not recorded in full'}.`;
    return recorded === 0
      ? 'The log records no run of a skill here.'
      : 'Not all of the log is here, so not all of its runs are.';
  }

  #replayReason(verdict: Verdict): string {
    const { decisions, engine } = this.replay;
    if (verdict === 'pass') return `${decisions} decisions come out the same under the policies that were in force.`;
    if (!engine)
      return `Not checked: ${decisions} decisions are recorded, but no policy engine was at hand to make them again.`;
    return decisions === 0
      ? 'The log records no decision.'
      : 'Not all of the log is here, so not all of its decisions are.';
  }

  #reason(name: VerdictName, verdict: Verdict): string {
    const first = this.#problems.find((p) => p.verdict === name);
    if (verdict === 'fail' && first) return `${first.message} (${first.where})`;
    if (verdict === 'fail') return 'The files are not those that were signed.';
    if (name === 'nonEquivocation') return this.#headsReason(verdict);
    if (name === 'time') return this.#timeReason(verdict);
    if (name === 'policyReplay') return this.#replayReason(verdict);
    if (name === 'execution') return this.#executionReason(verdict);
    const { signatures, orders, statements, artifacts } = this.counts;
    if (name === 'integrity')
      return `${this.facts.files} files, ${this.facts.entries ?? 0} log entries in an unbroken chain and tree, ${artifacts} artifacts and ${statements} statements are what the log says.`;
    if (verdict === 'pass')
      return `${signatures} signatures and ${orders} work orders hold against the key that you gave.`;
    return `unauthenticated: no key given from outside. ${signatures} signatures agree with the key inside the bundle, which anyone could have put there.`;
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
