import { describe, expect, test } from 'vitest';
import { cosignerKey, formatCosignerVkey, publicKeyOf } from '../src/crypto';
import { readWitnesses } from './witnesses';

const vkey = (n: number) => formatCosignerVkey(cosignerKey(`w.example/${n}`, publicKeyOf(new Uint8Array(32).fill(n))));
const noFile = () => Promise.reject(new Error('no file is read'));
const file = (text: string) => () => Promise.resolve(text);
const two = `witness A ${vkey(1)} https://a.example\nwitness B ${vkey(2)} https://b.example\n`;

describe('--witness', () => {
  test('is not needed', async () => {
    expect(await readWitnesses([], noFile)).toBeUndefined();
  });

  test('takes addresses with keys', async () => {
    expect(await readWitnesses([`https://a.example/w#${vkey(1)}`, `http://localhost:99#${vkey(2)}`], noFile)).toEqual({
      witnesses: [
        { name: 'a.example', url: 'https://a.example/w', vkey: vkey(1) },
        { name: 'localhost-99', url: 'http://localhost:99', vkey: vkey(2) },
      ],
      quorum: 1,
    });
  });

  test('takes a policy file', async () => {
    const read = await readWitnesses(['p'], file(`${two}group G 2 A B\nquorum G\n`));
    expect(read).toMatchObject({ witnesses: [{ name: 'A' }, { name: 'B', url: 'https://b.example' }], quorum: 2 });
    expect((await readWitnesses(['p'], file(`witness A ${vkey(1)} https://a.example\nquorum A\n`)))!.quorum).toBe(1);
  });

  test.each([
    ['a key that is none', ['https://a.example#x'], ''],
    ['a policy and an address', ['p', `https://a.example#${vkey(1)}`], ''],
    ['a witness without address', ['p'], `witness A ${vkey(1)}\nquorum A\n`],
    ['a quorum of some', ['p'], `${two}quorum A\n`],
    ['no policy', ['p'], 'x\n'],
  ])('refuses %s', async (_, given, text) => {
    await expect(readWitnesses(given, file(text))).rejects.toThrow();
  });
});
