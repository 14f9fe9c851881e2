import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hex } from '../../crypto';
import { isDeviceName } from '../../protocol/mesh';
import { decodeInvitation, encodeInvitation, type Invitation } from './invitation';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const invitation: fc.Arbitrary<Invitation> = fc.record({
  mesh: bytes(16).map(hex),
  expires: fc.integer({ min: 0, max: 0xffffffff }),
  token: bytes(16),
  inviter: bytes(32),
  name: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter(isDeviceName),
  meshKey: bytes(32),
  relayKey: bytes(32),
  relays: fc.array(fc.stringMatching(/^\/[!-~]{1,100}$/), { maxLength: 4 }),
});

describe('an invitation', () => {
  test('reads as it was written, alone, in a link and broken into lines', () => {
    fc.assert(
      fc.property(invitation, (one) => {
        const text = encodeInvitation(one);
        expect(decodeInvitation(text)).toEqual(one);
        expect(decodeInvitation(`https://node.example/app/#join=${text}`)).toEqual(one);
        expect(decodeInvitation(text.replace(/(.{60})/g, '$1\r\n '))).toEqual(one);
      }),
    );
  });

  test('of which one character is another is refused', () => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    fc.assert(
      fc.property(invitation, fc.nat(), fc.constantFrom(...characters), (one, at, character) => {
        const text = encodeInvitation(one);
        const i = 4 + (at % (text.length - 4));
        fc.pre(text[i] !== character);
        const changed = text.slice(0, i) + character + text.slice(i + 1);
        expect(() => decodeInvitation(changed)).toThrow(expect.objectContaining({ code: 'invitation_malformed' }));
      }),
    );
  });

  test('cut off, or any other text, is refused and never crashes', () => {
    fc.assert(
      fc.property(invitation, fc.nat(), fc.string(), (one, at, noise) => {
        const text = encodeInvitation(one);
        for (const bad of [text.slice(0, at % text.length), noise, `sn1.${noise}`]) {
          expect(() => decodeInvitation(bad)).toThrow(expect.objectContaining({ code: 'invitation_malformed' }));
        }
      }),
    );
  });

  test('with a name that hides or turns what stands beside it is refused', () => {
    const [one] = fc.sample(invitation, { numRuns: 1, seed: 1 });
    for (const name of ['', ' ', 'a\u202eb', 'a\nb', '\u200b', ' a', 'x'.repeat(65)]) {
      expect(() => decodeInvitation(encodeInvitation({ ...one!, name }))).toThrow('not a whole invitation');
    }
  });
});
