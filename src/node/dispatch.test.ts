import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LIMITS } from '../protocol/limits';
import { decodeResult, encodeRequest } from '../protocol/codec';
import type { WireRequest } from '../protocol/messages';
import { createDispatcher, type Handlers } from './dispatch';
import { NodeError } from './errors';

const crashes: unknown[] = [];
const dispatcher = (handler: (params: unknown) => Promise<unknown>) =>
  createDispatcher(
    () => handler as Handlers['Ping'],
    (_, error) => crashes.push(error),
  );
const errorOf = (response: unknown) => (response as { Error: { code: string; message: string } }).Error;

describe('dispatch', () => {
  test('answers in the seed’s shapes', async () => {
    expect(await dispatcher(async () => 'Pong')('Ping')).toBe('Pong');
    expect(await dispatcher(async () => ({ uptime_ms: 1 }))('GetStatus')).toEqual({ Status: { uptime_ms: 1 } });
    const dial = dispatcher(async (p) => JSON.stringify(p));
    expect(await dial({ MeshDial: { addr: '/ip4/1.2.3.4' } })).toEqual({ MeshGeneric: '{"addr":"/ip4/1.2.3.4"}' });
    expect(await dispatcher(async () => null)({ StopRun: { run: 'r1' } })).toEqual({ Ok: null });
  });

  test('names the field that is wrong', async () => {
    const response = await dispatcher(async () => null)({ GetEntry: { seq: -1 } });
    expect(errorOf(response)).toMatchObject({ code: 'bad_request', message: expect.stringContaining('GetEntry.seq') });
    const extra = await dispatcher(async () => null)({ GetEntry: { seq: 1, more: 2 } } as unknown as WireRequest);
    expect(errorOf(extra).code).toBe('bad_request');
  });

  test('keeps a refusal’s code, and reports a crash as internal', async () => {
    const refused = await dispatcher(() => Promise.reject(new NodeError('locked', 'The node is locked.')))('Ping');
    expect(() => decodeResult('Ping', refused)).toThrow(expect.objectContaining({ code: 'locked' }));
    const crash = new TypeError('x is not a function');
    const broken = await dispatcher(() => Promise.reject(crash))('Ping');
    expect(errorOf(broken).code).toBe('internal');
    expect(crashes).toContain(crash);
  });

  test('more requests than the limit are told overloaded, and the others finish', async () => {
    let release: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const request = dispatcher(() => gate.then(() => 'Pong'));
    const many = Array.from({ length: LIMITS.requestsPerTab }, () => request('Ping'));
    expect(errorOf(await request('Ping')).code).toBe('overloaded');
    release!();
    expect(new Set(await Promise.all(many))).toEqual(new Set(['Pong']));
    expect(await request('Ping')).toBe('Pong');
  });

  test('any value at all gets a typed answer', async () => {
    const request = dispatcher(async () => null);
    await fc.assert(
      fc.asyncProperty(fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }), async (value) => {
        const response = await request(value as WireRequest);
        expect(['bad_request', 'unknown_request']).toContain(errorOf(response).code);
      }),
    );
  });

  test('a request without parameters travels as its name', () => {
    expect(encodeRequest('Ping', undefined)).toBe('Ping');
    expect(encodeRequest('GetEntry', { seq: 3 })).toEqual({ GetEntry: { seq: 3 } });
  });
});
