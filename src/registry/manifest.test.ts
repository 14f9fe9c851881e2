import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { hex, jcsBytes, utf8, type Signer } from '../crypto';
import {
  manifestAddress,
  openPackage,
  parseManifest,
  readManifest,
  signManifest,
  type RegistryError,
  type SkillManifest,
} from './index';
import { author, codeOf, MODULE, packageBy, unsigned, type Package } from './testkit';

let ada: Signer;
let made: Package;
beforeAll(async () => {
  ada = await author('Ada');
  made = await packageBy(ada);
});

describe('a manifest’s form', () => {
  test('holds for a good one, signed or of the build', () => {
    expect(readManifest(unsigned())).toEqual(unsigned());
    expect(parseManifest(made.bytes)).toEqual(made.manifest);
  });

  const wrong: [string, Partial<Record<keyof SkillManifest | 'more', unknown>>][] = [
    ['another version of the format', { v: 2 }],
    ['an unknown field', { more: 1 }],
    ['a name with a slash', { name: 'a/b' }],
    ['a name in capitals', { name: 'Weather' }],
    ['a name that is too long', { name: 'a'.repeat(65) }],
    ['no version', { version: '1' }],
    ['a title of two lines', { title: 'a\nb' }],
    ['a title that reads backwards', { title: 'Weather \u202Egro' }],
    ['a title of nothing', { title: ' ' }],
    ['a broken character', { description: '\ud800' }],
    ['an unknown ABI', { abi: 'wasm' }],
    ['a hash in capitals', { sha256: 'A'.repeat(64) }],
    ['no bytes', { bytes: 0 }],
    ['a capability that there is none of', { capabilities: [{ grant: 'files', why: 'x' }] }],
    ['a capability without a reason', { capabilities: [{ grant: 'log', why: '' }] }],
    [
      'one capability twice',
      {
        capabilities: [
          { grant: 'log', why: 'a' },
          { grant: 'log', why: 'b' },
        ],
      },
    ],
    [
      'too many capabilities',
      { capabilities: Array.from({ length: 17 }, (_, i) => ({ grant: `http.fetch:a${i}.org`, why: 'x' })) },
    ],
    ['more memory than there is', { limits: { ...unsigned().limits, memoryPages: 65_536 } }],
    ['half a unit of gas', { limits: { ...unsigned().limits, gas: 0.5 } }],
    ['an icon from elsewhere', { icon: 'https://example.org/a.svg' }],
    ['an author who did not sign', { author: 'ab'.repeat(32) }],
    ['a signature of nobody', { signature: `${'A'.repeat(86)}==` }],
    ['a key of small order', { author: `01${'00'.repeat(31)}`, signature: `${'A'.repeat(86)}==` }],
  ];
  test.each(wrong)('%s is refused', (_name, over) => {
    expect(codeOf(() => readManifest({ ...unsigned(), ...over }))).toBe('bad_manifest');
  });

  test('the field that is wrong is named', () => {
    const attempt = (): unknown => readManifest({ ...unsigned(), limits: { ...unsigned().limits, gas: -1 } });
    expect(attempt).toThrow(expect.objectContaining({ details: { field: 'limits.gas' } }));
  });

  test.each([
    ['spaces', (text: string) => text.replace(',', ', ')],
    ['a key twice', (text: string) => text.replace('{', '{"abi":"wasi",')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['a line feed at its end', (text: string) => `${text}\n`],
    ['cut short', (text: string) => text.slice(0, -1)],
    ['too long', (text: string) => `${text}${' '.repeat(40_000)}`],
  ])('bytes with %s are refused: one manifest has one address', (_name, edit) => {
    const text = new TextDecoder().decode(made.bytes);
    expect(codeOf(() => parseManifest(utf8(edit(text))))).toBe('bad_manifest');
  });

  test('of random JSON never comes anything but a manifest or a refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        expect(codeOf(() => parseManifest(utf8(text)))).toBe('bad_manifest');
      }),
    );
  });
});

describe('attacks on a package', () => {
  const refusal = (manifest: Uint8Array, module: Uint8Array = MODULE): Promise<string> =>
    openPackage(manifest, module).then(
      () => 'opened',
      (error: unknown) => (error as RegistryError).code,
    );

  test('as its author made it, it opens', async () => {
    expect(await refusal(made.bytes)).toBe('opened');
  });

  test('a changed byte of the manifest, anywhere, is refused', async () => {
    for (let at = 0; at < made.bytes.length; at++) {
      const changed = made.bytes.slice();
      changed[at]! ^= 1;
      expect(['bad_manifest', 'bad_signature'], `byte ${at}`).toContain(await refusal(changed));
    }
  });

  test('a changed byte of the module, anywhere, is refused', async () => {
    for (let at = 0; at < MODULE.length; at++) {
      const changed = MODULE.slice();
      changed[at]! ^= 0x80;
      expect(await refusal(made.bytes, changed)).toBe('module_mismatch');
    }
    expect(await refusal(made.bytes, Uint8Array.of(...MODULE, 0))).toBe('module_mismatch');
  });

  test('another author’s key under the same signature is refused', async () => {
    const eve = await author('Eve');
    const forged = jcsBytes({ ...made.manifest, author: hex(eve.publicKey) });
    expect(await refusal(forged)).toBe('bad_signature');
  });

  test('one more capability under the same signature is refused', async () => {
    const { capabilities } = made.manifest;
    const forged = jcsBytes({ ...made.manifest, capabilities: [...capabilities, { grant: 'mesh.send', why: 'x' }] });
    expect(await refusal(forged)).toBe('bad_signature');
  });

  test('signing anew makes another address, so a reviewed version is that very version', async () => {
    const eve = await author('Eve');
    const copied = await signManifest(made.manifest, eve);
    expect(copied.author).toBe(hex(eve.publicKey));
    expect(manifestAddress(copied)).not.toBe(made.address);
  });

  test('what is no manifest is not signed', async () => {
    await expect(signManifest({ ...unsigned(), name: 'A B' }, ada)).rejects.toMatchObject({ code: 'bad_manifest' });
  });
});
