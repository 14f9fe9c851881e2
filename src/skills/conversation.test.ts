import { expect, test } from 'vitest';
import { warmUp } from './conversation';

test('what a spare does before there is a run is itself a run that ends well', async () => {
  expect(await warmUp()).toMatchObject({ kind: 'ok', output: new Uint8Array(), calls: [], logs: [] });
});
