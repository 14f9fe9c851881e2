import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { prepareEntry } from '../../audit';
import { writeLine } from '../../audit/entry';
import { base64, hex, leafHash, publicKeyOf, sha256Hex, sha256Text } from '../../crypto';
import { GovernanceError, type WorkOrder } from '../../governance';
import type { JsonObject } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { FramedStream } from '../framed';
import { TestTime } from '../testing/time';
import { memoryMesh, testSeed } from '../testkit';
import { delegate, serveDelegation, verifyEvidence, type DelegateHost, type Evidence, type Head } from './index';
import { MODULE, INPUT, START, REQUEST, LIMITS, argsOf, host, type Lie } from './testkit';
import { verifyRun } from './verify';
import { DELEGATE } from './wire';

interface VectorFile {
  evidence: Evidence;
  known: Head;
  refused: { name: string; code: string; change: Partial<Evidence> }[];
}

async function asking(made: DelegateHost, time = new TestTime()) {
  const [asker, callee] = memoryMesh(2);
  serveDelegation({ mesh: callee!, schedule: time.schedule, isMember: (peer) => peer === asker!.self, host: made });
  const ask = (options: { onWaiting?: () => void; signal?: AbortSignal; known?: Head } = {}) =>
    delegate({
      ...{ mesh: asker!, schedule: time.schedule, request: REQUEST, peer: callee!.self, skill: 'hash-file' },
      ...{ moduleSha256: MODULE, inputSha256: INPUT, ...options },
      args: argsOf({ skill: 'hash-file', module_sha256: MODULE, input_sha256: INPUT }),
    });
  return { time, asker: asker!, callee: callee!, ask };
}

describe('docs/vectors/mesh-delegate.json', () => {
  const read = async () =>
    JSON.parse(
      await readFile(new URL('../../../docs/vectors/mesh-delegate.json', import.meta.url), 'utf8'),
    ) as VectorFile;

  test('the evidence is believed, with the head that was known; and each of the changed ones is not', async () => {
    const { evidence, known, refused } = await read();
    const run = await verifyRun(evidence, known);
    expect([run.order.principal.id, run.log.size, run.ended.seq]).toEqual([evidence.asker, 3, 2]);
    for (const { name, code, change } of refused) {
      const changed = { ...evidence, ...change, answer: { ...evidence.answer, ...change.answer } };
      await expect(verifyRun(changed, known), name).rejects.toMatchObject({ code });
    }
  });

  test('is what an honest member answers to that word', async () => {
    const { evidence, known } = await read();
    const { authorized } = evidence.answer;
    const { order } = (JSON.parse(authorized.line) as { data: { order: WorkOrder } }).data;
    const made = await host({ orderId: order.order_id });
    const ran = await made.run(evidence.ask, evidence.asker, new AbortController().signal);
    expect(await made.prove(ran, known.size)).toEqual({
      authorized,
      ended: evidence.answer.ended,
      consistency: evidence.answer.consistency,
    });
  });
});

describe('delegated runs', () => {
  test('the answer proves order, result and place in the member’s log, and can be made again', async () => {
    const { asker, ask } = await asking(await host());
    const { run, evidence } = await ask();
    expect(run.order).toMatchObject({ action: 'run_skill', principal: { type: 'Member', id: asker.self } });
    expect(run.execution).toMatchObject({ module_sha256: MODULE, output_sha256: sha256Text('output') });
    expect([run.log.size, run.ended.seq]).toEqual([3, 2]);
    expect(await verifyEvidence(JSON.parse(JSON.stringify(evidence)))).toEqual(run);
    await expect(verifyEvidence({ ...evidence, asker: 'another' })).rejects.toMatchObject({ code: 'digest_mismatch' });
    await expect(verifyEvidence({ ...evidence, more: 1 })).rejects.toMatchObject({ code: 'frame_malformed' });
    expect(asker.net.streams.size).toBe(0);
  });

  /** Of the order and of the record alike. */
  const lied = (part: JsonObject): Lie => ({ args: part, execution: part });
  const lies: [string, Lie, string][] = [
    ['an order by another key', { governance: 33 }, 'bad_signature'],
    ['a checkpoint by another key', { log: 33 }, 'bad_signature'],
    ['keys that the node key did not sign', { node: 33 }, 'bad_signature'],
    ['a run of another module', { ask: (a) => ({ ...a, module_sha256: INPUT }) }, 'digest_mismatch'],
    ['a run over another input', { ask: (a) => ({ ...a, input_sha256: MODULE }) }, 'digest_mismatch'],
    ['an order for another export of the module', lied({ entry: 'csv_query' }), 'digest_mismatch'],
    ['an order with less gas', lied({ limits: { ...LIMITS, gas: 1 } }), 'digest_mismatch'],
    ['an order with a budget', { args: { budget: 1 } }, 'digest_mismatch'],
    ['an order with a grant', lied({ grants: ['clock'] }), 'digest_mismatch'],
    ['an order with an argument', lied({ args: ['-v'] }), 'digest_mismatch'],
    ['an order with another ABI', lied({ abi: 'wasi' }), 'digest_mismatch'],
    ['a record with less gas than its order', { execution: { limits: { ...LIMITS, gas: 1 } } }, 'digest_mismatch'],
    ['a record of another seed than its order', { execution: { seed: MODULE } }, 'digest_mismatch'],
    ['a record of another outcome', { execution: { outcome: 'trap' } }, 'digest_mismatch'],
    ['another skill', { ask: (a) => ({ ...a, skill: 'other' }) }, 'digest_mismatch'],
    ['an older run: another request', { ask: (a) => ({ ...a, request: '0'.repeat(32) }) }, 'digest_mismatch'],
    ['a run for somebody else', { from: 'another' }, 'digest_mismatch'],
    ['another result under the digest', { result: (r) => ({ ...r, output_bytes: 7 }) }, 'digest_mismatch'],
    ['the outcome of another order', { ended: (d) => ({ ...d, order_id: '0'.repeat(32) }) }, 'digest_mismatch'],
    ['an outcome of another place', { ended: (d) => ({ ...d, authorized_seq: 0 }) }, 'digest_mismatch'],
    ['the entries in the wrong places', { swap: true }, 'digest_mismatch'],
    ['entries of two logs', { forked: 'second' }, 'digest_mismatch'],
    ['an entry that was changed', { line: (l) => l.replace('"INFO"', '"WARNING"') }, 'digest_mismatch'],
  ];
  test.each(lies)('%s is not believed', async (_name, lie, code) => {
    const { ask } = await asking(await host(lie));
    await expect(ask()).rejects.toMatchObject({ code });
  });

  /** Of the log as long as it had its first entry only. */
  const begun: Head = {
    size: 1,
    root: hex(leafHash(writeLine(prepareEntry({ type: 'GENESIS', data: {} }), 0, '0'.repeat(64), START))),
  };

  test('a log that is known is seen to go on', async () => {
    const { ask } = await asking(await host());
    expect((await ask({ known: begun })).run.log.size).toBe(3);
  });

  const pasts: [string, Lie][] = [
    ['whose beginning is another', { forked: 'before' }],
    ['with no proof that it goes on', { consistency: [] }],
    ['with a proof of something else', { consistency: [base64(new Uint8Array(32))] }],
  ];
  test.each(pasts)('a log %s is not believed: wrong checkpoint', async (_name, lie) => {
    const { ask } = await asking(await host(lie));
    await expect(ask({ known: begun })).rejects.toMatchObject({ code: 'digest_mismatch' });
    await expect((await asking(await host())).ask({ known: { ...begun, size: 4 } })).rejects.toMatchObject({
      code: 'stream_reset',
    });
  });

  test('the keys and log of another node are not this member’s', async () => {
    const honest = await host();
    const other = publicKeyOf(testSeed(5));
    const origin = `sovereign-node/${sha256Hex(other).slice(0, 16)}/00000001`;
    const { ask } = await asking({ ...honest, keys: () => ({ ...honest.keys(), origin }) });
    await expect(ask()).rejects.toMatchObject({ code: 'digest_mismatch' });
  });

  test('a refusal of the kernel arrives with its code', async () => {
    const run = () => Promise.reject(new GovernanceError('denied', 'no policy permits it'));
    const { ask } = await asking({ ...(await host()), run });
    await expect(ask()).rejects.toMatchObject({ code: 'refused', details: { code: 'denied' } });
  });

  test('a long run says that it goes on; who asked and left is no longer worked for', async () => {
    const time = new TestTime();
    let stopped: AbortSignal | undefined;
    const run: DelegateHost['run'] = (_ask, _from, signal) => {
      stopped = signal;
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    };
    const { ask, asker } = await asking({ ...(await host()), run }, time);
    let waited = 0;
    const leave = new AbortController();
    const asked = expect(ask({ onWaiting: () => waited++, signal: leave.signal })).rejects.toThrow('left');
    await time.pass(5 * MESH_LIMITS.delegateBeatMs);
    expect(waited).toBe(5);
    leave.abort(new Error('left'));
    await asked;
    await time.pass(MESH_LIMITS.delegateBeatMs);
    expect([stopped?.aborted, asker.net.streams.size, time.waiting]).toEqual([true, 0, 0]);
  });

  test('strangers and rubbish are not run, and an answer over the limit is not read', async () => {
    const time = new TestTime();
    const ran: string[] = [];
    const run: DelegateHost['run'] = async ({ request }) => Promise.reject(new Error(`${ran.push(request)}`));
    const { asker, callee, ask } = await asking({ ...(await host()), run }, time);
    const good = { v: 1, seen: 0, request: REQUEST, skill: 's', module_sha256: MODULE, input_sha256: INPUT };
    const words = [{ ...good, v: 2 }, { ...good, more: 1 }, { ...good, skill: '' }, { ...good, request: 'x' }, 'x'];
    const open = async (from = asker) =>
      new FramedStream(await from.open(callee.self, DELEGATE), { schedule: time.schedule, ms: 1e6 });
    for (const word of words) {
      const framed = await open();
      await framed.sendJson(word);
      await expect(framed.next(100)).rejects.toMatchObject({ code: 'stream_reset' });
    }
    const stranger = await open(asker.net.add('12D3KooWStranger'));
    await expect(stranger.next(100)).rejects.toMatchObject({ code: 'stream_reset' });
    expect(ran).toEqual([]);
    const liar = asker.net.add('12D3KooWLiar');
    liar.handle(DELEGATE, (stream) => stream.write(Uint8Array.of(0xff, 0xff, 0xff, 0x7f)));
    const asked = {
      mesh: asker,
      schedule: time.schedule,
      request: REQUEST,
      skill: 's',
      moduleSha256: MODULE,
      args: {},
    };
    const wrong = delegate({ ...asked, peer: liar.self, inputSha256: INPUT });
    await expect(wrong).rejects.toMatchObject({ code: 'frame_too_long' });
    await expect(ask()).rejects.toMatchObject({ code: 'refused' });
    expect(ran).toHaveLength(1);
  });
});
