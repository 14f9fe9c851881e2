import { execFileSync } from 'node:child_process';

export interface Judged {
  code: number;
  report: { verdicts: Record<string, string>; reasons: Record<string, string> };
}

/** `sovereign verify … --json` as built: its exit code and what it printed. */
export function verify(...args: string[]): Judged {
  try {
    const out = execFileSync('node', ['bin/sovereign.mjs', 'verify', ...args, '--json'], { encoding: 'utf8' });
    return { code: 0, report: JSON.parse(out) as Judged['report'] };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return { code: status, report: JSON.parse(stdout) as Judged['report'] };
  }
}
