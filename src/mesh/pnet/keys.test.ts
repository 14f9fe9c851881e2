import { generateKey } from '@libp2p/pnet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, hex, utf8 } from '../../crypto';
import { formatSwarmKey, parseSwarmKey, relayKeyOf } from './keys';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('key file', () => {
  test('any key comes back', () => {
    fc.assert(
      fc.property(key, (bytes) => {
        expect(parseSwarmKey(formatSwarmKey(bytes))).toEqual(bytes);
      }),
    );
  });

  test('the file of @libp2p/pnet is read, and is what ours looks like', () => {
    const file = new Uint8Array(95);
    generateKey(file);
    const text = fromUtf8(file);
    expect(formatSwarmKey(parseSwarmKey(text))).toBe(text);
  });

  test('line ends of all systems, a last empty line and upper case are taken', () => {
    const bytes = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);
    const lines = ['/key/swarm/psk/1.0.0/', '/base16/', hex(bytes).toUpperCase(), ''];
    for (const end of ['\n', '\r\n', '\r']) expect(parseSwarmKey(lines.join(end))).toEqual(bytes);
  });

  test.each([
    ['nothing', ''],
    ['another version', `/key/swarm/psk/2.0.0/\n/base16/\n${'ab'.repeat(32)}`],
    ['another coding', `/key/swarm/psk/1.0.0/\n/base64/\n${'ab'.repeat(32)}`],
    ['a short key', `/key/swarm/psk/1.0.0/\n/base16/\n${'ab'.repeat(31)}`],
    ['a long key', `/key/swarm/psk/1.0.0/\n/base16/\n${'ab'.repeat(33)}`],
    ['no hex', `/key/swarm/psk/1.0.0/\n/base16/\n${'zz'.repeat(32)}`],
    ['more lines', `/key/swarm/psk/1.0.0/\n/base16/\n${'ab'.repeat(32)}\nmore`],
  ])('%s is refused', (_, text) => {
    expect(() => parseSwarmKey(text)).toThrow(expect.objectContaining({ code: 'wrong_key' }));
  });

  test('ATTACK: a refused file is not repeated in the error', () => {
    const secret = 'ab'.repeat(31);
    const refused = (): unknown => parseSwarmKey(`/key/swarm/psk/1.0.0/\n/base16/\n${secret}`);
    expect(refused).toThrow();
    try {
      refused();
    } catch (error) {
      expect(String((error as Error).stack)).not.toContain(secret);
    }
  });
});

test('the relay key is HKDF-SHA256 of the mesh key', async () => {
  const mesh = Uint8Array.from({ length: 32 }, (_, i) => i);
  const material = await crypto.subtle.importKey('raw', mesh, 'HKDF', false, ['deriveBits']);
  const info = utf8('sovereign-node/relay/1');
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info };
  const expected = new Uint8Array(await crypto.subtle.deriveBits(parameters, material, 256));
  expect(hex(relayKeyOf(mesh))).toBe(hex(expected));
  expect(hex(relayKeyOf(mesh))).toMatchInlineSnapshot(
    `"77b1e37ef5c7df7cfdf24da4f5fc5d32f4d9a6cf7434824ee76233a923ff77e6"`,
  );
});
