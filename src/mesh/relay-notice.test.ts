import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8 } from '../crypto';
import { MESH_LIMITS } from '../protocol/mesh-limits';
import { MeshError } from './errors';
import { formatNotice, parseNotice } from './relay-notice';

test('what a relay says is what a member hears', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MESH_LIMITS.relayAwayMs }), (retry_after_ms) => {
      const notice = { reason: 'stopping', retry_after_ms } as const;
      expect(parseNotice(formatNotice(notice))).toEqual(notice);
    }),
  );
});

test('fields of relays to come are left alone', () => {
  const text = '{"reason":"stopping","retry_after_ms":1,"until":"noon"}';
  expect(parseNotice(utf8(text))).toEqual({ reason: 'stopping', retry_after_ms: 1 });
});

test.each([
  '',
  '[]',
  '{}',
  '{"reason":"stopping"}',
  '{"reason":"other","retry_after_ms":1}',
  '{"reason":"stopping","retry_after_ms":-1}',
  '{"reason":"stopping","retry_after_ms":1.5}',
  '{"reason":"stopping","retry_after_ms":"1"}',
  `{"reason":"stopping","retry_after_ms":${MESH_LIMITS.relayAwayMs + 1}}`,
  `{"reason":"stopping","retry_after_ms":1,"more":"${'x'.repeat(256)}"}`,
])('%s is no notice', (text) => {
  expect(() => parseNotice(utf8(text))).toThrow(expect.objectContaining({ code: 'frame_malformed' }) as Error);
});

test('any bytes are a notice or refused in our words', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        parseNotice(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MeshError);
      }
    }),
  );
});
