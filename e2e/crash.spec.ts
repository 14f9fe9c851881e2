import { expect, test } from '@playwright/test';
import { call, joinNode, openApp, putBlob } from './lib/node';
import { Profile } from './lib/profile';

const ACKNOWLEDGED = 300;

test('killed during appends: every acknowledged entry is there afterwards @chromium', async ({ baseURL }) => {
  const profile = await Profile.create();
  try {
    const context = await profile.open();
    const page = await context.newPage();
    await openApp(page, baseURL);
    await joinNode(page);
    const input = await putBlob(page, [1, 2, 3]);
    const acknowledged: { seq: number; order_id: string }[] = [];
    let told!: () => void;
    const enough = new Promise<void>((resolve) => (told = resolve));
    await page.exposeFunction('acknowledge', (seq: number, order_id: string) => {
      acknowledged.push({ seq, order_id });
      if (acknowledged.length === ACKNOWLEDGED) told();
    });
    const running = page.evaluate(async (input_sha256) => {
      const self = globalThis as unknown as {
        wire(path: string, value: unknown): Promise<{ Ok: { seq: number; order_id: string } }>;
        acknowledge(seq: number, order_id: string): Promise<void>;
      };
      const loop = async (): Promise<never> => {
        for (;;) {
          const { Ok } = await self.wire('request', { RunSkill: { skill: 'hash-file', input_sha256 } });
          void self.acknowledge(Ok.seq, Ok.order_id);
        }
      };
      await Promise.all(Array.from({ length: 8 }, loop));
    }, input);
    running.catch(() => undefined);
    await enough;
    await profile.kill();

    const again = await (await profile.open()).newPage();
    await openApp(again, baseURL);
    await joinNode(again);
    expect((await call(again, 'GetStatus')).phase).toBe('ready');
    for (const { seq, order_id } of acknowledged) {
      expect((await call(again, 'GetEntry', { seq })).entry).toMatchObject({
        type: 'EXECUTION_COMPLETED',
        data: { order_id },
      });
    }
    expect(await call(again, 'VerifyLog')).toMatchObject({ ok: true, problem: null });
    // What was authorised and cut off is closed, not repeated.
    const { entries } = await call(again, 'ListEntries', { limit: 500, filter: { type: 'EXECUTION_FAILED' } });
    for (const { entry } of entries) expect(entry.data['code']).toBe('interrupted');
  } finally {
    await profile.remove();
  }
});
