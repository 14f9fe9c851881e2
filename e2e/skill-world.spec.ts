/** A skill in a browser's worker asks the world: the worker blocks on shared memory, which its supervisor fills. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import wabt from 'wabt';
import { expect, test } from './lib/fixtures';

const builtScript = (name: string): string =>
  `/assets/${readdirSync('dist/app/assets').find((file) => file.startsWith(`${name}-`) && file.endsWith('.js'))!}`;

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): unknown;
}

/** Answers what `memory.read` gave it. */
const ASKING = `(module
  (import "sovereign" "memory.read" (func $read (param i32 i32) (result i32)))
  (import "sovereign" "result" (func $result (param i32 i32) (result i32)))
  (memory (export "memory") 10)
  (func (export "alloc") (param i32) (result i32) (i32.const 0))
  (func (export "run") (param $p i32) (param $n i32) (result i64)
    (i64.or (i64.const 0x1000000000000)
      (i64.extend_i32_u (call $result (i32.const 65536) (call $read (local.get $p) (local.get $n)))))))`;

test('an answer longer than the channel arrives whole, and the page goes on meanwhile', async ({ page }) => {
  const module = (await wabt()).parseWat('asking.wat', ASKING).toBinary({}).buffer;
  const limits = { memoryPages: 16, wallMs: 30_000, outputBytes: 1 << 20, gas: 1e8, hostCalls: 10, hostBytes: 1e6 };
  const plain = {
    ...{ abi: 'raw', limits, grants: ['memory.read'], seed: '00'.repeat(32), now: 0 },
    moduleSha256: createHash('sha256').update(module).digest('hex'),
  };
  await page.goto('/icons/icon.svg');
  const heard = await page.evaluate(
    async ({ scripts: [supervisorScript, skillScript], plain: fields, module: code }) => {
      // The page is none of the app's, so it has not what src/host/trusted-types.ts makes.
      (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('default', {
        createScriptURL: (url) => url,
      });
      const supervisor = new Worker(supervisorScript!, { type: 'module' });
      const { port1, port2 } = new MessageChannel();
      supervisor.onmessage = ({ data, ports: [port] }: MessageEvent<{ type: string; name: string }>) => {
        if (data.type === 'ready') supervisor.postMessage({ type: 'connect' }, [port1]);
        else if (data.type === 'spawn')
          new Worker(skillScript!, { type: 'module', name: data.name }).postMessage(null, [port!]);
      };
      const own = { ...fields, module: Uint8Array.from(code), input: new TextEncoder().encode('key') };
      port2.postMessage({ type: 'run', id: 0, request: own, principal: '', world: true });
      return await new Promise<unknown[]>((resolve) => {
        const said: unknown[] = [crossOriginIsolated];
        port2.onmessage = ({ data }: MessageEvent<Record<string, unknown>>) => {
          if (data['type'] === 'call') {
            said.push(data['name'], new TextDecoder().decode(data['request'] as Uint8Array));
            const response = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
            port2.postMessage({ type: 'answer', id: 0, call: data['call'], answer: { response } });
          } else if (data['type'] !== 'hello') {
            const { kind, output } = (data['outcome'] ?? data) as { kind: string; output: Uint8Array };
            said.push(
              kind,
              output.length,
              output.every((byte, i) => byte === i % 251),
            );
            resolve(said);
          }
        };
      });
    },
    {
      scripts: [builtScript('supervisor'), builtScript('skill')],
      plain,
      module: [...module],
    },
  );
  expect(heard).toEqual([true, 'memory.read', 'key', 'ok', 300_000, true]);
});
