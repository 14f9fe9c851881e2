import { ancestors } from '../../document/graph';
import { PipelineError, type Promotion, type Rollback } from '../../types';
import type { Move } from '../fold';
import { readMoved, readVotes } from '../shapes';
import type { StageResult, StageWork } from '../stage';
import { linkStatement } from '../statement';

/** A move that the log already tells of was made before a crash; it is not made again. */
const made = (work: StageWork, type: Move['type'], stage: string): Move | undefined =>
  work.record.moves.find((m) => m.type === type && m.stage === stage);

/** Moves the pointer to the model, once the approvals that the policy asks for are there. */
export async function promote(work: StageWork, stage: Promotion): Promise<StageResult> {
  const [model] = work.input('model_training').artifacts;
  const { pointer, name } = stage;
  const args = {
    pointer,
    run: work.run,
    stage: name,
    model_sha256: model!.sha256,
    previous: work.deps.pointer(pointer),
  };
  const moved =
    made(work, 'PROMOTION', name) ??
    readMoved(
      (await work.effect('promote', { type: 'Pointer', id: pointer }, args, { context: await ballots(work) })).result,
    );
  const { from, to, state_before, state_after } = moved;
  const artifact = await work.store('promotion.json', { v: 1, pointer, from, to, state_before, state_after });
  const materials = [model!, ...(from === null ? [] : [{ name: `${pointer} before`, sha256: from }])];
  const statement = linkStatement(work.facts(), [artifact], materials, {
    pointer,
    from,
    to,
    state_before,
    state_after,
  });
  return work.finish(statement, [artifact], `${pointer} moved from ${short(from)} to ${short(to)}`);
}

/** What the evaluators said, as facts that a policy may ask for. */
async function ballots(work: StageWork): Promise<Record<string, number | boolean>> {
  const chain = ancestors(work.pipeline.stages, work.stageName).find((s) => s.type === 'agent_chain');
  if (!chain) return {};
  const { votes, quorum, accepted } = readVotes(await work.readJson(work.input('agent_chain').artifacts[0]));
  return { votes: votes.length, votes_for: votes.filter((v) => v.vote === 'accept').length, quorum, accepted };
}

/** Moves the pointer back, and proves by digest that the registry is as it was before the promotion. */
export async function rollback(work: StageWork, stage: Rollback): Promise<StageResult> {
  const { pointer, name } = stage;
  const promoted = promotionOf(work, stage);
  const args = { pointer, run: work.run, stage: name, to: promoted.from, expect_state_sha256: promoted.state_before };
  const moved =
    made(work, 'ROLLBACK', name) ??
    readMoved((await work.effect('rollback', { type: 'Pointer', id: pointer }, args)).result);
  if (moved.state_after !== promoted.state_before || moved.to !== promoted.from) {
    throw new PipelineError('rollback_mismatch', `The registry is not as it was before ${pointer} was promoted.`, {
      advice: 'Somebody moved another pointer meanwhile: look at the log.',
      details: { expected: promoted.state_before, actual: moved.state_after },
    });
  }
  const proof = {
    v: 1,
    pointer,
    from: moved.from,
    to: moved.to,
    expected_state: promoted.state_before,
    restored_state: moved.state_after,
  };
  const artifact = await work.store('rollback.json', proof);
  const [promotion] = work.input('promotion').artifacts;
  const statement = linkStatement(work.facts(), [artifact], [promotion!], proof);
  return work.finish(
    statement,
    [artifact],
    `${pointer} is back at ${short(moved.to)}; the state's digest is the earlier one`,
  );
}

function promotionOf(work: StageWork, { pointer }: Rollback): Move {
  const before = ancestors(work.pipeline.stages, work.stageName);
  const stage = before.find((s) => s.type === 'promotion' && s.pointer === pointer);
  const move = stage && made(work, 'PROMOTION', stage.name);
  if (move) return move;
  throw new PipelineError('rollback_mismatch', `The log tells of no promotion of ${pointer} in this run.`, {
    advice: 'Look at the log.',
  });
}

const short = (sha256: string | null): string => (sha256 === null ? 'nothing' : sha256.slice(0, 8));
