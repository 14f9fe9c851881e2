import { readFileSync } from 'node:fs';
import { build } from 'vite';
import { expect, test } from './lib/fixtures';

interface Vectors {
  speccheck: [key: string, signature: string, message: string, accepted: boolean][];
  cctv: Vectors['speccheck'];
}

/** The product's own signature check as a script for a page: this browser's WebCrypto judges, not Node's. */
async function checkScript(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: false,
      lib: { entry: 'src/crypto/ed25519.ts', formats: ['iife'], name: 'ed25519Check' },
    },
  });
  const [result] = Array.isArray(built) ? built : [built];
  if (!result || !('output' in result)) throw new Error('vite did not build');
  return result.output[0].code;
}

test('the edge cases of Ed25519 are judged by the same rules in every browser', async ({ page }) => {
  const { speccheck, cctv } = JSON.parse(readFileSync('docs/vectors/ed25519-edge-cases.json', 'utf8')) as Vectors;
  const hex = (text: string): string => Buffer.from(text).toString('hex');
  const rows = [...speccheck, ...cctv.map(([key, sig, text, ok]) => [key, sig, hex(text), ok] as Vectors['cctv'][0])];
  await page.goto('/');
  await page.evaluate(`${await checkScript()}; globalThis.ed25519Check = ed25519Check; undefined`);
  const wrong = await page.evaluate(async (all) => {
    const { ed25519Check } = globalThis as unknown as {
      ed25519Check: { verifySignature(key: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> };
    };
    const bytes = (text: string): Uint8Array =>
      Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
    const differing: string[] = [];
    for (const [key, signature, message, accepted] of all) {
      const said = await ed25519Check.verifySignature(bytes(key), bytes(message), bytes(signature));
      if (said !== accepted) differing.push(`${key} ${signature}`);
    }
    return differing;
  }, rows);
  expect(wrong).toEqual([]);
});
