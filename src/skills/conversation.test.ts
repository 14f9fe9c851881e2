import { expect, test } from 'vitest';
import { rehearse } from './conversation';
import { parseFromWorker } from './wire';

test('what a spare does before there is a run are themselves runs that end well', async () => {
  const said = await rehearse();
  expect(said).toMatchObject({ type: 'outcome', outcome: { kind: 'ok', calls: [], logs: [] } });
  expect(parseFromWorker(said)).toEqual(said);
});
