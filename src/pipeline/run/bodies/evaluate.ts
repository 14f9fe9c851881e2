import type { Json } from '../../../protocol/json';
import { PipelineError, type AgentChain, type Evaluator } from '../../types';
import type { Vote } from '../fold';
import { readMetric, readSplit } from '../shapes';
import { requireSkill, runSkill } from '../skill';
import type { StageResult, StageWork } from '../stage';
import { testResultStatement } from '../statement';

/**
 * Independent evaluators measure the model on rows that it never saw, each under its own name, role and work order, and
 * vote. Votes stored before a quorum is missed are the evidence of it.
 */
export async function evaluate(work: StageWork, stage: AgentChain): Promise<StageResult> {
  const [model] = work.input('model_training').artifacts;
  const held = work.input('data_preparation').artifacts.find((a) => a.name === 'test.json');
  const { rows, labels } = readSplit(await work.readJson(held));
  const input = { model: await work.readJson(model), rows, labels };
  const votes: Vote[] = [];
  for (const [i, evaluator] of stage.evaluators.entries()) {
    work.progress(i, stage.evaluators.length, `${evaluator.name} measures ${evaluator.metric}`);
    votes.push(
      earlier(work, stage, evaluator, model!.sha256) ?? (await ask(work, stage, evaluator, input, model!.sha256)),
    );
  }
  const accepted = votes.filter((v) => v.vote === 'accept');
  const passed = accepted.length >= stage.quorum;
  const record = {
    v: 1,
    model_sha256: model!.sha256,
    quorum: stage.quorum,
    accepted: passed,
    votes: votes.map(ballot),
  };
  const artifact = await work.store('votes.json', record);
  const count = `${accepted.length} of ${votes.length} evaluators accept the model, ${stage.quorum} needed`;
  if (!passed) throw missed(count, votes);
  const manifest = requireSkill(work.deps.skills(stage.skill), stage.skill);
  const configuration = [
    { name: `${stage.skill}.wasm`, sha256: manifest.sha256 },
    { name: 'test.json', sha256: held!.sha256 },
  ];
  const rejected = votes.filter((v) => v.vote === 'reject').map((v) => v.evaluator);
  const names = accepted.map((v) => v.evaluator);
  const statement = testResultStatement(work.facts(), [model!, artifact], {
    passed,
    configuration,
    accepted: names,
    rejected,
  });
  return work.finish(statement, [artifact], count);
}

/** A vote cast before a crash or a stop counts: nobody is asked twice about the same model. */
const earlier = (work: StageWork, stage: AgentChain, { name, metric }: Evaluator, model: string): Vote | undefined =>
  work.record.votes.find(
    (v) => v.stage === stage.name && v.evaluator === name && v.metric === metric && v.model_sha256 === model,
  );

async function ask(
  work: StageWork,
  stage: AgentChain,
  evaluator: Evaluator,
  input: { [key: string]: Json },
  model_sha256: string,
): Promise<Vote> {
  const as = await work.actor('evaluator', { type: 'Agent', id: evaluator.name });
  const context = { purpose: 'evaluation', evaluator: evaluator.name, metric: evaluator.metric };
  const run = await runSkill(work, stage.skill, input, context, as);
  const value = readMetric(run.json, evaluator.metric, stage.skill);
  const { at_least = -Infinity, at_most = Infinity } = evaluator;
  const vote = value >= at_least && value <= at_most ? 'accept' : 'reject';
  const cast: Vote = {
    stage: stage.name,
    evaluator: evaluator.name,
    metric: evaluator.metric,
    value,
    vote,
    model_sha256,
  };
  await work.deps.log.append({ type: 'VOTE_CAST', data: { run: work.run, ...cast, order_id: run.orderId } });
  return cast;
}

const ballot = ({ evaluator, metric, value, vote }: Vote) => ({ evaluator, metric, value, vote });

function missed(count: string, votes: readonly Vote[]): PipelineError {
  const against = votes.filter((v) => v.vote === 'reject').map((v) => `${v.evaluator} (${v.metric} ${v.value})`);
  return new PipelineError('quorum_not_reached', `${count}; against: ${against.join(', ')}.`, {
    advice: 'Train a better model, or ask for less in the pipeline.',
  });
}
