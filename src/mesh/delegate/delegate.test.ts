import { describe, expect, test } from 'vitest';
import { prepareEntry } from '../../audit';
import { writeLine } from '../../audit/entry';
import {
  formatTlogProof,
  fromUtf8,
  inclusionProof,
  jcsBytes,
  leafHash,
  publicKeyOf,
  sha256Hex,
  sha256Text,
  signerFromSeed,
  utf8,
} from '../../crypto';
import { GovernanceError } from '../../governance';
import { makeOrder } from '../../governance/order';
import type { JsonObject } from '../../protocol/json';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { systemRandom } from '../../protocol/runtime';
import { TestLog } from '../../witness/testkit';
import { FramedStream } from '../framed';
import { memoryMesh, testSeed, TestTime } from '../testkit';
import { compareRun, delegate, serveDelegation, type DelegateHost } from './index';
import { DELEGATE, type Ask } from './wire';

const MODULE = sha256Text('module');
const INPUT = sha256Text('input');
const signer = (i: number) => signerFromSeed(testSeed(i));

const record = (ask: Ask): JsonObject => ({
  ...{ v: 1, module_sha256: ask.module_sha256, abi: 'raw', entry: null, args: [], metering: 'sovereign-metering/1' },
  ...{ weights: 1, input_sha256: ask.input_sha256, files: {}, seed: sha256Text('seed'), now: 1, grants: [] },
  limits: { memoryPages: 1, wallMs: 1, outputBytes: 1, gas: 1, hostCalls: 1, hostBytes: 1 },
  ...{ calls_sha256: null, outcome: 'ok', gas: 1, host_calls: 0, host_bytes: 0 },
  ...{ output_sha256: sha256Text('output'), output_bytes: 6, memory_sha256: sha256Text('memory') },
});

/** What a lying member changes of an honest one's answer. */
interface Lie {
  ask?: (ask: Ask) => Ask;
  from?: string;
  ended?: (data: JsonObject) => JsonObject;
  result?: (result: JsonObject) => JsonObject;
  governance?: number;
  log?: number;
  node?: number;
  swap?: boolean;
  line?: (line: string) => string;
}

/** A member with keys of its own and a real log, which does whatever it is asked. */
async function host(lie: Lie = {}): Promise<DelegateHost> {
  const node = await signer(1);
  const [log, governance] = [await signer(12), await signer(11)];
  const origin = `sovereign-node/${sha256Hex(node.publicKey).slice(0, 16)}/00000001`;
  const lines: string[] = [];
  const append = (type: 'GENESIS' | 'EXECUTION_AUTHORIZED' | 'EXECUTION_COMPLETED', data: JsonObject): void => {
    const prev = lines.length === 0 ? '0'.repeat(64) : sha256Text(lines.at(-1));
    lines.push(fromUtf8(writeLine(prepareEntry({ type, data }), lines.length, prev, 1_800_000_000_000)));
  };
  append('GENESIS', {});
  return {
    run: async (asked, from) => {
      const ask = lie.ask?.(asked) ?? asked;
      const args = { skill: ask.skill, module_sha256: ask.module_sha256, input_sha256: ask.input_sha256 };
      const context = { delegation: ask.request };
      const principal = { type: 'Agent', id: lie.from ?? from } as const;
      const resource = { type: 'Skill', id: ask.skill } as const;
      const act = {
        principal,
        action: 'run_skill',
        resource,
        args,
        context,
        argumentsSha256: sha256Hex(jcsBytes(args)),
      };
      const facts = {
        ...{ act: act as never, roleSignature: MODULE, policySha256: MODULE, policies: ['p'], approvals: [] },
        ...{ logSize: lines.length, now: 1_800_000_000_000 },
      };
      const order = await makeOrder(facts, systemRandom, await signer(lie.governance ?? 11));
      const request = { principal, action: 'run_skill', resource, context };
      append('EXECUTION_AUTHORIZED', { order: { ...order } as never, arguments: args, request });
      const result = { output_sha256: sha256Text('output'), output_bytes: 6, execution: record(ask) };
      const data = {
        ...{ order_id: order.order_id, authorized_seq: 1, result: lie.result?.(result) ?? result },
        result_sha256: sha256Hex(jcsBytes(result)),
      };
      append('EXECUTION_COMPLETED', lie.ended?.(data) ?? data);
      return lie.swap ? { authorizedSeq: 2, endedSeq: 1 } : { authorizedSeq: 1, endedSeq: 2 };
    },
    prove: async (seq) => {
      const tree = new TestLog(origin, await signer(lie.log ?? 12), lines);
      const proof = inclusionProof(
        lines.map((line) => leafHash(utf8(line))),
        seq,
      );
      const text = formatTlogProof({ index: seq, proof, checkpointNote: await tree.note(lines.length) });
      const line = lines[seq]!.slice(0, -1);
      return { line: lie.line?.(line) ?? line, proof: text };
    },
    keys: () => ({ origin, log: log.publicKey, governance: governance.publicKey }),
    node: await signer(lie.node ?? 1),
  };
}

async function asking(made: DelegateHost, time = new TestTime()) {
  const [asker, callee] = memoryMesh(2);
  serveDelegation({ mesh: callee!, schedule: time.schedule, isMember: (peer) => peer === asker!.self, host: made });
  const ask = (options: { onWaiting?: () => void; signal?: AbortSignal } = {}) =>
    delegate({
      ...{ mesh: asker!, schedule: time.schedule, random: systemRandom, peer: callee!.self, skill: 'hash-file' },
      ...{ moduleSha256: MODULE, inputSha256: INPUT, ...options },
    });
  return { time, asker: asker!, callee: callee!, ask };
}

describe('delegated runs', () => {
  test('the answer proves order, result and place in the member’s log, and can be made again', async () => {
    const { asker, ask } = await asking(await host());
    const run = await ask();
    expect(run.order).toMatchObject({ action: 'run_skill', principal: { type: 'Agent', id: asker.self } });
    expect(run.execution).toMatchObject({ module_sha256: MODULE, output_sha256: sha256Text('output') });
    expect([run.size, run.ended.seq]).toEqual([3, 2]);
    const replayed = await compareRun(
      run,
      async (of) => {
        expect(of).toEqual(run.execution);
        return { kind: 'identical' };
      },
      async () => undefined,
    );
    expect(replayed).toEqual({ kind: 'identical' });
    expect(asker.net.streams.size).toBe(0);
  });

  const lies: [string, Lie, string][] = [
    ['an order by another key', { governance: 33 }, 'bad_signature'],
    ['a checkpoint by another key', { log: 33 }, 'bad_signature'],
    ['keys that the node key did not sign', { node: 33 }, 'bad_signature'],
    ['a run of another module', { ask: (a) => ({ ...a, module_sha256: INPUT }) }, 'digest_mismatch'],
    ['a run over another input', { ask: (a) => ({ ...a, input_sha256: MODULE }) }, 'digest_mismatch'],
    ['another skill', { ask: (a) => ({ ...a, skill: 'other' }) }, 'digest_mismatch'],
    ['an older run: another request', { ask: (a) => ({ ...a, request: '0'.repeat(32) }) }, 'digest_mismatch'],
    ['a run for somebody else', { from: 'another' }, 'digest_mismatch'],
    ['another result under the digest', { result: (r) => ({ ...r, output_bytes: 7 }) }, 'digest_mismatch'],
    ['the outcome of another order', { ended: (d) => ({ ...d, order_id: '0'.repeat(32) }) }, 'digest_mismatch'],
    ['an outcome of another place', { ended: (d) => ({ ...d, authorized_seq: 0 }) }, 'digest_mismatch'],
    ['the entries in the wrong places', { swap: true }, 'digest_mismatch'],
    ['an entry that was changed', { line: (l) => l.replace('"INFO"', '"WARNING"') }, 'digest_mismatch'],
  ];
  test.each(lies)('%s is not believed', async (_name, lie, code) => {
    const { ask } = await asking(await host(lie));
    await expect(ask()).rejects.toMatchObject({ code });
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
    const good = { v: 1, request: 'ab'.repeat(16), skill: 's', module_sha256: MODULE, input_sha256: INPUT };
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
    const asked = { mesh: asker, schedule: time.schedule, random: systemRandom, skill: 's', moduleSha256: MODULE };
    const wrong = delegate({ ...asked, peer: liar.self, inputSha256: INPUT });
    await expect(wrong).rejects.toMatchObject({ code: 'frame_too_long' });
    await expect(ask()).rejects.toMatchObject({ code: 'refused' });
    expect(ran).toHaveLength(1);
  });
});
