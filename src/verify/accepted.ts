import { VERDICTS, type Report, type VerdictName, type VerifyOptions } from './types';

/**
 * The verdicts that were asked for: those named in `only`, else those that the given options make possible. Time and
 * policy replay are asked for by name only; what is wrong with them counts all the same.
 */
export function askedFor(options: VerifyOptions): VerdictName[] {
  if (options.only) return VERDICTS.filter((name) => options.only!.includes(name));
  const asked: VerdictName[] = ['integrity'];
  if (options.governanceKey) asked.push('authenticity');
  if (options.witnessPolicy !== undefined || options.older) asked.push('nonEquivocation');
  if (options.executions) asked.push('execution');
  return asked;
}

/** Whether all verdicts that were asked for pass and, unless `only` narrows it, nothing else is wrong. */
export function accepted(report: Report, options: VerifyOptions): boolean {
  const passed = askedFor(options).every((name) => report.verdicts[name] === 'pass');
  return passed && (options.only !== undefined || VERDICTS.every((name) => report.verdicts[name] !== 'fail'));
}
