import { JsonError, parseCanonical, utf8 } from '../../crypto';
import { BUNDLE } from '../../protocol/bundle';
import type { LeftOut } from '../../protocol/execution';
import type { JsonObject } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import type { Findings } from '../findings';
import { asText, type Loaded } from '../manifest';

const WHY: readonly unknown[] = ['too_large', 'gone', 'full'] satisfies LeftOut['why'][];

/** `executions/left-out.jsonl`: the runs of which the bundle does not hold everything, by its own word. */
export class LeftOutRuns {
  readonly #open = new Set<number>();
  readonly #fullAt: number;

  constructor(loaded: Loaded, findings: Findings) {
    const bytes = loaded.bytes.get(BUNDLE.leftOut);
    const lines = bytes ? parse(asText(bytes)) : [];
    if (!lines)
      findings.add('integrity', 'bad_left_out', BUNDLE.leftOut, 'The list of what was left out is malformed.');
    for (const { seq } of lines ?? []) this.#open.add(seq);
    this.#fullAt = lines?.find(({ why }) => why === 'full')?.seq ?? Infinity;
  }

  /** Whether the run that ended in this entry was left out. */
  take(seq: number): boolean {
    return this.#open.delete(seq) || seq >= this.#fullAt;
  }

  /** The first that it names and that is no run of a skill that the bundle covers. */
  get stray(): number | undefined {
    return [...this.#open][0];
  }
}

/** Ascending, so that there is one form; `full` stands last. */
function parse(text: string | undefined): LeftOut[] | undefined {
  const lines = text?.split('\n') ?? [];
  if (lines.pop() !== '' || lines.length === 0 || lines.length > LIMITS.bundleRuns + 1) return undefined;
  const read = lines.map(parseLine);
  const right = read.every((line, i) => {
    const before = read[i - 1];
    return line && (i === 0 || (before!.seq < line.seq && before!.why !== 'full'));
  });
  return right ? (read as LeftOut[]) : undefined;
}

function parseLine(line: string): LeftOut | undefined {
  try {
    const { seq, why, ...more } = parseCanonical(utf8(line)) as JsonObject;
    const right = Number.isSafeInteger(seq) && WHY.includes(why) && Object.keys(more).length === 0;
    return right ? ({ seq, why } as unknown as LeftOut) : undefined;
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeError) return undefined;
    throw error;
  }
}
