import * as v from 'valibot';
import { fromUtf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import type { Running } from '../running';
import type { Assets } from '../types';

type PipelineHandlers = Pick<
  Handlers,
  | 'ListPipelines'
  | 'SavePipeline'
  | 'DeletePipeline'
  | 'ValidatePipeline'
  | 'StartRun'
  | 'StopRun'
  | 'ResumeRun'
  | 'ListRuns'
  | 'GetRun'
>;

const PREFIX = 'pipeline/';
const BUILTIN = 'iron-path';
const SAVED = v.strictObject({ yaml: v.string(), changed: v.string() });

export function pipelineHandlers(running: () => Running, assets: Assets, now: () => number): PipelineHandlers {
  return {
    ListPipelines: async () => [await builtin(assets), ...(await saved(running()))],
    SavePipeline: async ({ name, yaml }) => {
      if (name === BUILTIN)
        throw new NodeError('bad_request', 'The built-in pipeline cannot be replaced.', {
          advice: 'Save yours under another name.',
        });
      const { records } = running().storage;
      const keys = await records.keys(PREFIX);
      if (keys.length >= LIMITS.savedPipelines && !keys.includes(PREFIX + name)) {
        throw new NodeError('overloaded', `There are ${keys.length} saved pipelines already.`, {
          advice: 'Delete one first.',
        });
      }
      await records.commit(new Map([[PREFIX + name, { yaml, changed: new Date(now()).toISOString() }]]));
      return null;
    },
    DeletePipeline: async ({ name }) => {
      await running().storage.records.commit(new Map([[PREFIX + name, undefined]]));
      return null;
    },
    ValidatePipeline: async ({ yaml }) => {
      const { parsePipeline } = await import('../../pipeline');
      const parsed = parsePipeline(yaml);
      if ('problems' in parsed) return { problems: parsed.problems, stages: [] };
      return { problems: [], stages: parsed.pipeline.stages.map(({ name, type, needs }) => ({ name, type, needs })) };
    },
    StartRun: async ({ yaml, datasets }) => ({ run: await running().pipelines.start(yaml, datasets) }),
    StopRun: ({ run }) => running().pipelines.stop(run),
    ResumeRun: ({ run }) => running().pipelines.resume(run),
    ListRuns: () => Promise.resolve(running().pipelines.list()),
    GetRun: ({ run }) => Promise.resolve(running().pipelines.get(run)),
  };
}

async function builtin(assets: Assets) {
  const bytes = await assets.read(`pipelines/${BUILTIN}.yaml`);
  if (!bytes)
    throw new NodeError('not_found', 'This build lacks its built-in pipeline.', { advice: 'Reload the app.' });
  return { name: BUILTIN, yaml: fromUtf8(bytes), builtin: true, changed: null };
}

async function saved({ storage: { records } }: Running) {
  const keys = await records.keys(PREFIX);
  const found = await Promise.all(
    keys.map(async (key) => {
      const record = v.safeParse(SAVED, await records.get(key));
      return record.success ? [{ name: key.slice(PREFIX.length), builtin: false, ...record.output }] : [];
    }),
  );
  return found.flat();
}
