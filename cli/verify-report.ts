import { toWireError } from '../src/protocol/errors';
import {
  accepted,
  askedFor,
  VERDICTS,
  VerifyError,
  type Report,
  type VerdictName,
  type VerifyOptions,
} from '../src/verify';

const NAMES: Record<VerdictName, string> = {
  integrity: 'integrity',
  authenticity: 'authenticity',
  nonEquivocation: 'non-equivocation',
  time: 'time',
  policyReplay: 'policy replay',
  execution: 'execution',
};
const SHOWN = 20;

export type Print = (text: string) => void;

/** One line a verdict: what it is, of what, and why. */
export const verdictLines = ({ verdicts, reasons }: Report): string[] =>
  VERDICTS.map((name) => `${verdicts[name].padEnd(9)}${NAMES[name].padEnd(18)}${reasons[name]}`);

/** The verdicts as a table with their reasons, the first problems, and one line that sums up. */
export function printReport(
  report: Report,
  asked: { path: string; options: VerifyOptions },
  out: (text: string) => void,
): void {
  const { facts } = report;
  const line = (text = ''): void => out(`${harmless(text)}\n`);
  line(`Bundle  ${asked.path}`);
  if (facts.origin !== null)
    line(`Log     ${facts.origin}: ${facts.entries} entries, ${facts.firstTime} to ${facts.lastTime}`);
  if (report.format !== 'sovereign-bundle')
    line(
      `Blocks  ${facts.entries}, ${facts.firstTime ?? 'unknown'} to ${facts.lastTime ?? 'unknown'} (${report.format})`,
    );
  if (facts.run !== null) line(`Run     ${facts.run}`);
  if (facts.governanceKey !== null) line(`Key     ${facts.governanceKey}`);
  for (const { seq, pointer, value } of facts.disclosed)
    line(`Shows   entry ${seq} ${pointer}: ${JSON.stringify(value)}`);
  line();
  for (const text of verdictLines(report)) line(text);
  line();
  for (const { where, message } of report.problems.slice(0, SHOWN)) line(`  ${where}: ${message}`);
  if (facts.problems > SHOWN) line(`  … and ${facts.problems - SHOWN} more`);
  if (facts.problems > 0) line();
  line(conclusion(report, asked.options));
}

function conclusion(report: Report, options: VerifyOptions): string {
  if (!accepted(report, options)) return 'NOT VERIFIED';
  if (options.only)
    return `VERIFIED: ${askedFor(options)
      .map((name) => NAMES[name])
      .join(', ')}, and nothing else was asked for.`;
  if (report.format !== 'sovereign-bundle')
    return 'INTACT, UNAUTHENTICATED: nothing in this format shows who wrote it.';
  const seen = report.verdicts.nonEquivocation === 'pass' ? '; nobody was shown another log' : '';
  if (options.governanceKey) return `VERIFIED: intact, and signed by the key that you gave${seen}.`;
  return "INTACT, UNAUTHENTICATED: give the owner's key with --key to know whose it is.";
}

/** Names in a bundle are a stranger's: no control or direction characters reach the terminal. */
export const harmless = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');

/** The report as `--json` prints it; the verdict `execution` is there when it was asked for. */
export function asJson(report: Report, replayed = false): object {
  const problems = report.problems.map(({ code, where, message }) => ({ code, where, message }));
  const { format, facts } = report;
  const told = VERDICTS.filter((name) => name !== 'execution' || replayed);
  const only = <T>(all: Record<VerdictName, T>) => Object.fromEntries(told.map((name) => [name, all[name]]));
  return { format, verdicts: only(report.verdicts), problems, reasons: only(report.reasons), facts };
}

/** Says why nothing was judged; the exit code. @throws what is no fault of the input */
export function unreadable(error: unknown, json: boolean, out: Print, err: Print): number {
  const known = error instanceof VerifyError || (error as NodeJS.ErrnoException).code !== undefined;
  if (!known) throw error;
  const { code, message, advice } = toWireError(
    error instanceof VerifyError ? error : new VerifyError('unreadable', (error as Error).message),
  );
  if (json) out(`${JSON.stringify({ format: null, error: { code, message } })}\n`);
  else err(`Could not be read: ${message}\n${advice === undefined ? '' : `${advice}\n`}`);
  return 2;
}
