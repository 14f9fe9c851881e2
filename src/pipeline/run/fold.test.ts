import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry, EventType } from '../../audit';
import type { JsonObject } from '../../protocol/json';
import type { RunStatus } from '../types';
import { foldRuns } from './fold';
import { view } from './view';

const RUN = 'a'.repeat(32);
const STARTED: JsonObject = {
  run: RUN,
  pipeline: { name: 'p', version: '1.0.0' },
  pipeline_sha256: '0'.repeat(64),
  datasets: {},
  stages: [
    { name: 'one', type: 'data_preparation', needs: [] },
    { name: 'two', type: 'audit_export', needs: ['one'] },
  ],
};

function log(...events: [EventType, JsonObject?][]): Entry[] {
  return events.map(([type, data], seq) => {
    const ts = new Date(1_700_000_000_000 + seq * 1000).toISOString();
    return { v: 1, seq, ts, type, severity: 'INFO', prev: '', data: { run: RUN, ...data } };
  });
}
const only = (entries: Entry[]): RunStatus => foldRuns(entries)[0]!;
const one = { stage: 'one', type: 'data_preparation' };
const done = {
  ...one,
  order_id: 'o',
  artifacts: [{ name: 'a', sha256: 'f'.repeat(64), bytes: 3 }],
  statement_sha256: '',
  summary: 'fine',
};

describe('runs out of the log', () => {
  test('a run that goes well', () => {
    const run = only(
      log(['RUN_STARTED', STARTED], ['STAGE_STARTED', one], ['STAGE_COMPLETED', done], ['RUN_COMPLETED']),
    );
    expect(run).toMatchObject({ state: 'completed', endedAt: '2023-11-14T22:13:23.000Z' });
    expect(run.stages[0]).toMatchObject({ state: 'completed', ms: 1000, sha256: 'f'.repeat(64), summary: 'fine' });
    expect(run.stages[1]!.state).toBe('waiting');
  });

  test.each([
    ['denied', 'blocked'],
    ['approval_refused', 'blocked'],
    ['order_expired', 'blocked'],
    ['bad_dataset', 'failed'],
  ])('a stage that ends with %s is %s', (code, state) => {
    const why = { code, message: 'because' };
    const run = only(
      log(['RUN_STARTED', STARTED], ['STAGE_STARTED', one], ['STAGE_FAILED', { ...one, ...why }], ['RUN_FAILED', why]),
    );
    expect(run.stages[0]).toMatchObject({ state, error: why });
    expect(run).toMatchObject({ state: 'failed', error: why });
  });

  test('what was cut off starts over when the run is resumed, and nothing of the first try stays', () => {
    const cut = log(['RUN_STARTED', STARTED], ['STAGE_STARTED', one], ['RUN_STOPPED']);
    expect(only(cut)).toMatchObject({ state: 'stopped', stages: [{ state: 'stopped' }, { state: 'waiting' }] });
    const resumed = only(log(['RUN_STARTED', STARTED], ['STAGE_STARTED', one], ['RUN_STOPPED'], ['RUN_RESUMED']));
    expect(resumed.state).toBe('running');
    expect(resumed.endedAt).toBeUndefined();
    expect(resumed.stages[0]).toEqual({
      name: 'one',
      type: 'data_preparation',
      needs: [],
      state: 'waiting',
      artifacts: [],
    });
  });

  test('an open run is interrupted unless somebody works on it', () => {
    const open = only(log(['RUN_STARTED', STARTED], ['STAGE_STARTED', one]));
    expect(view(open, undefined, undefined)).toMatchObject({
      state: 'interrupted',
      stages: [{ state: 'stopped' }, {}],
    });
    const waiting = view(open, { stage: 'one', live: { approvalId: 'x' } }, undefined);
    expect(waiting).toMatchObject({
      state: 'awaiting_approval',
      stages: [{ state: 'awaiting_approval', approvalId: 'x' }, {}],
    });
    const progress = { done: 1, total: 2, what: 'counting' };
    expect(view(open, { stage: 'one', live: { progress } }, undefined).stages[0]).toMatchObject({
      state: 'running',
      progress,
    });
    expect(open.stages[0]!.state).toBe('running');
  });

  test('entries of a run that never started, and of other things, change nothing', () => {
    expect(foldRuns(log(['STAGE_STARTED', one], ['GENESIS'], ['RUN_COMPLETED']))).toEqual([]);
  });

  test('any sequence of events leaves a run in a state that can be shown, and prefixes replay to the same', () => {
    const event = fc.constantFrom<[EventType, JsonObject?]>(
      ['STAGE_STARTED', one],
      ['STAGE_STARTED', { stage: 'two', type: 'audit_export' }],
      ['STAGE_STARTED', { stage: 'three', type: 'x' }],
      ['STAGE_COMPLETED', done],
      ['STAGE_FAILED', { ...one, code: 'x', message: 'y' }],
      ['RUN_STOPPED'],
      ['RUN_RESUMED'],
      ['RUN_FAILED', { code: 'x', message: 'y' }],
      ['RUN_COMPLETED'],
      ['VOTE_CAST', { value: 'x' }],
      ['PROMOTION', {}],
      ['EXECUTION_AUTHORIZED', {}],
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        const entries = log(['RUN_STARTED', STARTED], ...events);
        const run = only(entries);
        expect(run.stages.map((s) => s.name)).toEqual(['one', 'two']);
        expect(foldRuns(entries)).toEqual(foldRuns(entries));
        const shown = view(run, undefined, undefined);
        expect(['interrupted', 'stopped', 'failed', 'completed']).toContain(shown.state);
        if (shown.state === 'interrupted') expect(shown.stages.some((s) => s.state === 'running')).toBe(false);
        for (const stage of shown.stages) if (stage.state === 'completed') expect(stage.sha256).toBe('f'.repeat(64));
      }),
    );
  });
});
