/** What a run costs beside its work: a start cold and warm, an endless loop's end, and the end of one by force. */
import { sha256Hex } from '../../src/crypto';
import { LIMITS } from '../../src/protocol/limits';
import type { SkillOutcome, SkillRequest, SkillRunner } from '../../src/skills';

/** All in ms. */
export interface RunCosts {
  cold: number;
  warm: number;
  warmP95: number;
  endless: number;
  /** Until who stopped it is told, and then until its thread has ended. */
  stopped: number;
  killed: number;
}

const WARM = 40;
const LOOPS = 5;
/** A worker is spawned, and has made its first run, in less; a run that finds its spare ready is what is measured. */
const SPARE_MS = 250;

/**
 * @param echo a skill that answers its input
 * @param loop one that never ends
 * @param watch while one skill runs: what resolves once its worker is gone
 */
export async function benchRuns(
  runner: SkillRunner,
  echo: Uint8Array<ArrayBuffer>,
  loop: Uint8Array<ArrayBuffer>,
  watch: () => Promise<() => Promise<void>>,
): Promise<RunCosts> {
  const cold = await timed(() => ran(runner, request(echo), 'ok'));
  const warm: number[] = [];
  for (let i = 0; i < WARM; i++) {
    await new Promise((resolve) => setTimeout(resolve, SPARE_MS));
    const asked = request(echo);
    warm.push(await timed(() => ran(runner, asked, 'ok')));
  }
  const endless: number[] = [];
  const stopped: number[] = [];
  const killed: number[] = [];
  for (let i = 0; i < LOOPS; i++) {
    await new Promise((resolve) => setTimeout(resolve, SPARE_MS));
    endless.push(await timed(() => ran(runner, request(loop), 'out_of_gas')));
    const stop = new AbortController();
    const running = runner.run(request(loop, LIMITS.skillMaxGas), { signal: stop.signal }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, SPARE_MS));
    const gone = await watch();
    stopped.push(
      await timed(async () => {
        stop.abort();
        await running;
      }),
    );
    killed.push(await timed(gone));
  }
  const median = (times: number[]): number => at(times, 0.5);
  const ends = { endless: median(endless), stopped: median(stopped), killed: median(killed) };
  return { cold, warm: median(warm), warmP95: at(warm, 0.95), ...ends };
}

const request = (module: Uint8Array<ArrayBuffer>, gas: number = LIMITS.skillGas): SkillRequest => ({
  module,
  moduleSha256: sha256Hex(module),
  abi: 'raw',
  input: new Uint8Array(16),
  limits: {
    memoryPages: 16,
    wallMs: LIMITS.skillTimeoutMs,
    outputBytes: 1_024,
    gas,
    hostCalls: LIMITS.skillHostCalls,
    hostBytes: LIMITS.skillHostBytes,
  },
  grants: [],
  seed: '00'.repeat(32),
  now: 0,
});

async function ran(runner: SkillRunner, asked: SkillRequest, kind: SkillOutcome['kind']): Promise<void> {
  const outcome = await runner.run(asked);
  if (outcome.kind !== kind) throw new Error(`the run ended with ${outcome.kind} and should with ${kind}`);
}

async function timed(act: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

const at = (times: readonly number[], q: number): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * q)]!;
