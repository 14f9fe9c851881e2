import { LIMITS } from '../protocol/limits';
import { SkillError, type SkillLimits, type SkillRequest } from './types';

/** What the product allows of each limit that a work order may set. */
const MOST: Readonly<SkillLimits> = {
  memoryPages: LIMITS.skillMemoryPages,
  wallMs: LIMITS.skillTimeoutMs,
  outputBytes: LIMITS.skillOutputBytes,
  gas: LIMITS.skillMaxGas,
  hostCalls: LIMITS.skillMaxHostCalls,
  hostBytes: LIMITS.skillMaxHostBytes,
};

/** What a module that the owner brought gets: enough to try it, little enough to lose. */
export const OWN_LIMITS: Readonly<SkillLimits> = {
  memoryPages: LIMITS.ownSkillMemoryPages,
  wallMs: LIMITS.skillTimeoutMs,
  outputBytes: LIMITS.ownSkillOutputBytes,
  gas: LIMITS.ownSkillGas,
  hostCalls: LIMITS.skillHostCalls,
  hostBytes: LIMITS.skillHostBytes,
};

/** @throws SkillError `bad_limits`, `bad_request` or `input_too_large` */
export function checkRequest(request: SkillRequest): void {
  const { limits } = request;
  for (const name of Object.keys(MOST) as (keyof SkillLimits)[]) {
    if (Number.isInteger(limits[name]) && limits[name] >= 1 && limits[name] <= MOST[name]) continue;
    throw new SkillError('bad_limits', `The limit ${name} is ${limits[name]} and must be from 1 to ${MOST[name]}.`, {
      advice: 'Ask for a limit in that range.',
      details: { limit: name, most: MOST[name] },
    });
  }
  checkInput(request);
  checkForm(request);
}

function checkInput({ input, files = {} }: SkillRequest): void {
  const bytes = Object.values(files).reduce((sum, file) => sum + file.length, input.length);
  if (bytes <= LIMITS.skillInputBytes) return;
  throw new SkillError('input_too_large', `The input has ${bytes} bytes and may have ${LIMITS.skillInputBytes}.`, {
    advice: 'Give the skill a smaller file.',
    details: { bytes, limit: LIMITS.skillInputBytes },
  });
}

function checkForm({ seed, now, args = [], files = {}, budget }: SkillRequest): void {
  const paths = Object.keys(files);
  const wrong = [
    [!/^[0-9a-f]{64}$/.test(seed), 'its seed is not 32 bytes in hex'],
    [!Number.isSafeInteger(now) || now < 0, 'its clock does not start at a whole number of milliseconds'],
    [budget !== undefined && !(Number.isSafeInteger(budget) && budget >= 0), 'its budget is no whole number'],
    [args.length > LIMITS.skillArgs || args.some((arg) => arg.includes('\0')), 'its arguments are not of their form'],
    [args.reduce((sum, arg) => sum + arg.length, 0) > LIMITS.skillArgBytes, 'its arguments are too long'],
    [
      paths.length > LIMITS.skillFiles || paths.join('').length > LIMITS.skillPathsChars || !paths.every(isPath),
      'its files are not named by plain relative paths',
    ],
  ] as const;
  const found = wrong.find(([is]) => is);
  if (!found) return;
  throw new SkillError('bad_request', `The skill cannot be run: ${found[1]}.`, { advice: 'Correct the request.' });
}

/** `a/b.txt`: no root, no empty, `.` or `..` part. */
const isPath = (path: string): boolean =>
  path.length <= LIMITS.skillPathBytes &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\0'));
