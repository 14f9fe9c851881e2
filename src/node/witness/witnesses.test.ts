import { beforeEach, describe, expect, test } from 'vitest';
import { hex, parseCosignerVkey, parseNote, parseWitnessPolicy, sha256Text, verifyCosignature } from '../../crypto';
import type { NodeEvent } from '../../protocol/messages';
import { LIMITS } from '../../protocol/limits';
import type { Witness } from '../../witness';
import type { Machine } from '../node';
import { KILLED, listen } from '../testing/console';
import { call, manualSchedule, testNode, TestDevice } from '../testkit';
import type { SovereignNode } from '../types';
import { TestNetwork } from './testkit';

const SERVER = 'https://app.example';
const OTHER = 'https://other.example/w';

let device: TestDevice;
let network: TestNetwork;
let first: Witness;
let timers: ReturnType<typeof manualSchedule>;
beforeEach(async () => {
  device = new TestDevice();
  network = new TestNetwork();
  timers = manualSchedule();
  first = await network.add(`${SERVER}/witness`, 1);
});

/** Resolves with the answer of `ask` once it is what is waited for; each event of the node is a reason to look again. */
async function until<T>(node: SovereignNode, ask: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    let heard = (_: NodeEvent): void => undefined;
    const event = new Promise((resolve) => (heard = resolve));
    const stop = node.subscribe(heard);
    const value = await ask();
    if (!holds(value)) await event;
    stop();
    if (holds(value)) return value;
  }
}

const start = async (server: string | undefined = SERVER) => {
  const witnessing = { fetch: network.fetch, ...(server === undefined ? {} : { server }) };
  const node = testNode(device, { schedule: timers.schedule, witnessing });
  await node.start();
  return node;
};
const met = (node: SovereignNode) =>
  until(
    node,
    () => call(node, 'Witnesses'),
    ({ witnesses }) => witnesses.length > 0,
  );
const types = async (node: SovereignNode) =>
  (await call(node, 'ListEntries', { limit: 500 })).entries.map(({ entry }) => entry.type).toReversed();
const snapshot = () => ({ log: device.disk.readLog(), records: new Map(device.disk.records) });
const putBack = ({ log, records }: ReturnType<typeof snapshot>) => {
  device.disk.replaceLog(log);
  device.disk.records.clear();
  for (const [key, value] of records) device.disk.records.set(key, value);
};

describe('a node and its witnesses', () => {
  test('the server that serves the app is the first one; its key is pinned and logged', async () => {
    const node = await start();
    const { witnesses, quorum } = await met(node);
    expect([witnesses.length, quorum]).toEqual([1, 1]);
    expect(witnesses[0]).toMatchObject({ name: 'app.example', url: `${SERVER}/witness`, vkey: first.vkey });
    expect(await types(node)).toContain('WITNESSES_SET');
    const again = await start();
    expect((await call(again, 'Witnesses')).witnesses[0]!.vkey).toBe(first.vkey);
  });

  test('every checkpoint is cosigned without the log waiting, and the node says how far', async () => {
    const node = await start();
    await met(node);
    await call(node, 'AskWitnesses');
    const { size, witnessed_size, witnesses } = await call(node, 'Witnesses');
    expect(witnessed_size).toBe(size);
    expect(witnesses[0]).toMatchObject({ size, time: 1_800_000_000, problem: null });
    expect((await call(node, 'GetStatus')).log).toMatchObject({ size, witnessed_size: size });
    const { origin } = await call(node, 'MakeCheckpoint');
    expect(first.checkpoint(sha256Text(origin))!.split('\n')[1]).toBe(String(size));
  });

  test('a bundle gets the cosignatures of exactly its checkpoint, the one before, and the policy', async () => {
    const node = await start();
    await met(node);
    await call(node, 'AskWitnesses');
    const { witnesses, log } = (node as Machine).running();
    const before = log.lastCheckpoint!;
    await call(node, 'MakeCheckpoint');
    await log.append({ type: 'NODE_STARTED', data: {} });
    const checkpoint = await log.checkpoint();
    const note = await witnesses.cosigned(checkpoint, 1_000);
    const key = parseCosignerVkey(first.vkey)!;
    expect(note.startsWith(checkpoint.note)).toBe(true);
    expect(await verifyCosignature(parseNote(note)!, key)).toBe(1_800_000_000);
    expect(witnesses.previous(checkpoint.size)).toContain(before.note);
    const policy = parseWitnessPolicy(witnesses.policyText());
    expect(policy.logs[0]!.name).toBe(log.origin);
    expect([policy.satisfied(new Set()), policy.satisfied(new Set(['app.example']))]).toEqual([false, true]);
  });

  test('a witness that never answers costs a bundle no more than the wait, and the log nothing', async () => {
    const node = await start();
    await met(node);
    await call(node, 'AskWitnesses');
    const { witnesses, log } = (node as Machine).running();
    const hanging = new Promise<Response>(() => undefined);
    network.witnesses.clear();
    network.meddle = () => hanging as unknown as Response;
    await log.append({ type: 'NODE_STARTED', data: {} });
    const checkpoint = await log.checkpoint();
    const note = witnesses.cosigned(checkpoint, 1_000);
    await log.append({ type: 'NODE_STARTED', data: {} });
    timers.fire();
    expect(await note).toBe(checkpoint.note);
  });

  test('what is not witnessed is said, and asked for again after a pause', async () => {
    const node = await start();
    await met(node);
    await call(node, 'AskWitnesses');
    const witness = network.witnesses.get(`${SERVER}/witness`)!;
    network.witnesses.clear();
    await call(node, 'SignPolicies', { cedar: (await call(node, 'GetPolicies')).current.cedar });
    const { witnesses, witnessed_size, size } = await call(node, 'AskWitnesses');
    expect(witnesses[0]!.problem).toContain('cannot be reached');
    expect(witnessed_size).toBeLessThan(size);
    network.witnesses.set(`${SERVER}/witness`, witness);
    timers.fire();
    await until(
      node,
      () => call(node, 'Witnesses'),
      (view) => view.witnesses[0]!.problem === null,
    );
  });

  test('an answer without a signature of the pinned key is not kept', async () => {
    const node = await start();
    await met(node);
    const stranger = await network.add(`${SERVER}/witness`, 2);
    network.witnesses.set(`${SERVER}/witness`, stranger);
    await call(node, 'SignPolicies', { cedar: (await call(node, 'GetPolicies')).current.cedar });
    const { witnesses, witnessed_size, size } = await call(node, 'AskWitnesses');
    expect(witnesses[0]!.problem).toContain('without a valid signature');
    expect(witnessed_size).toBeLessThan(size);
  });

  test.each([
    ['an endless answer', () => new Response('x'.repeat(LIMITS.witnessRequestBytes + 1))],
    ['a server error', () => new Response('', { status: 500 })],
    ['a conflict without a size', () => new Response('many\n', { status: 409 })],
    ['no UTF-8', () => new Response(Uint8Array.of(0xff))],
  ])('%s is a problem in words, and nothing else', async (_, answer) => {
    const node = await start();
    await met(node);
    await call(node, 'AskWitnesses');
    network.meddle = answer;
    await call(node, 'SignPolicies', { cedar: (await call(node, 'GetPolicies')).current.cedar });
    const { witnesses } = await call(node, 'AskWitnesses');
    expect(witnesses[0]!.problem).toBeTruthy();
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
  });

  test('a witness that merely claims to have seen more does not stop the node', async () => {
    const node = await start();
    await met(node);
    await call(node, 'AskWitnesses');
    network.meddle = (url) =>
      url.endsWith('add-checkpoint') ? new Response('999999\n', { status: 409 }) : new Response('x', { status: 404 });
    await call(node, 'SignPolicies', { cedar: (await call(node, 'GetPolicies')).current.cedar });
    const { witnesses } = await call(node, 'AskWitnesses');
    expect(witnesses[0]!.problem).toContain('999999 entries');
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
  });

  test('the owner adds one and sets the quorum; nonsense is refused in words', async () => {
    const node = await start();
    const { witnesses } = await met(node);
    const second = await network.add(OTHER, 3);
    const found = await call(node, 'FindWitness', { url: `${OTHER}/` });
    expect(found).toEqual({ url: OTHER, vkey: second.vkey, name: 'other.example' });
    const both = [...witnesses, found].map(({ name, url, vkey }) => ({ name, url, vkey }));
    await call(node, 'SetWitnesses', { witnesses: both, quorum: 2 });
    const view = await call(node, 'AskWitnesses');
    expect(view.witnessed_size).toBe(view.size);
    network.witnesses.delete(OTHER);
    await call(node, 'MakeCheckpoint');
    const [one, two] = both as [(typeof both)[0], (typeof both)[0]];
    for (const wrong of [
      { witnesses: both, quorum: 3 },
      { witnesses: both, quorum: 0 },
      { witnesses: [one, { ...two, name: one.name }], quorum: 1 },
      { witnesses: [one, { ...two, vkey: one.vkey }], quorum: 1 },
      { witnesses: [{ ...one, url: 'http://app.example' }], quorum: 1 },
      { witnesses: [{ ...one, url: 'https://u:p@app.example' }], quorum: 1 },
      { witnesses: [{ ...one, name: 'a b' }], quorum: 1 },
      { witnesses: [{ ...one, vkey: 'x' }], quorum: 1 },
    ]) {
      await expect(call(node, 'SetWitnesses', wrong)).rejects.toMatchObject({ code: 'bad_request' });
    }
    await call(node, 'SetWitnesses', { witnesses: [], quorum: 0 });
    expect(await call(await start(), 'Witnesses')).toMatchObject({ witnesses: [], quorum: 0, witnessed_size: 0 });
  });
});

describe('a log that was rolled back', () => {
  const rolledBack = async (node: SovereignNode) =>
    until(
      node,
      () => call(node, 'GetStatus'),
      ({ phase }) => phase === 'halted',
    );

  /** A node with a witnessed log, and its disk as it was a while before. */
  async function grown() {
    const node = await start();
    await met(node);
    await call(node, 'AskWitnesses');
    const older = snapshot();
    await call(node, 'SignPolicies', { cedar: (await call(node, 'GetPolicies')).current.cedar });
    const { size } = await call(node, 'AskWitnesses');
    await node.stop();
    return { older, size };
  }

  test('shorter than what was witnessed: the node does not start, and says so', async () => {
    const { older, size } = await grown();
    const { records } = snapshot();
    const witnessed = records.get('log/witnessed')!;
    putBack(older);
    device.disk.records.set('log/witnessed', witnessed);
    network.witnesses.clear();
    const node = await start();
    const { phase, halt } = await call(node, 'GetStatus');
    expect([phase, halt!.code]).toEqual(['halted', 'log_rolled_back']);
    expect(halt!.message).toContain('rolled back');
    expect(halt!.message).toContain(`${size} were signed and witnessed`);
    expect(halt!.ways).toContain('restart_log');
  });

  test('a whole store put back to an older state is caught by the witness, for good', async () => {
    const { older } = await grown();
    putBack(older);
    const node = await start();
    expect((await rolledBack(node)).halt).toMatchObject({ code: 'log_rolled_back' });
    network.witnesses.clear();
    const again = await start();
    expect((await call(again, 'GetStatus')).halt).toMatchObject({ code: 'log_rolled_back' });
    await call(again, 'Retry');
    expect((await call(again, 'GetStatus')).phase).toBe('halted');
  });

  test('a new log under a new name is the way out; it says what came before it, and is witnessed', async () => {
    const { older } = await grown();
    putBack(older);
    const node = await start();
    await rolledBack(node);
    await expect(call(node, 'RestartLog', { confirm: 'yes' })).rejects.toMatchObject({ code: 'bad_request' });
    await call(node, 'RestartLog', { confirm: 'new log' });
    expect((await call(node, 'GetStatus')).phase).toBe('ready');
    expect((await types(node)).slice(0, 2)).toEqual(['GENESIS', 'LOG_RESTARTED']);
    const { entry } = await call(node, 'GetEntry', { seq: 1 });
    const previous = entry.data['previous'] as Record<string, unknown>;
    const genesis = (await call(node, 'GetEntry', { seq: 0 })).entry;
    expect(previous['origin']).not.toBe(genesis.data['origin']);
    expect(previous).toMatchObject({ witnessed: { note: expect.stringContaining(previous['origin'] as string) } });
    const kept = (await node.getBlob(previous['sha256'] as string)) as { Ok: Uint8Array };
    // With what this node wrote before it heard of the longer log.
    expect(hex(kept.Ok.subarray(0, older.log.length))).toBe(hex(older.log));
    const { size, witnessed_size } = await call(node, 'AskWitnesses');
    expect(witnessed_size).toBe(size);
    expect(await call(node, 'VerifyLog')).toMatchObject({ ok: true });
    await expect(call(node, 'RestartLog', { confirm: 'new log' })).rejects.toThrow();
  });

  test('killed at any write of the restart, the next start finishes it', async () => {
    const said = listen();
    const { older } = await grown();
    putBack(older);
    await rolledBack(await start());
    const halted = snapshot();
    network.witnesses.clear();
    for (let write = 1; write <= 8; write++) {
      putBack(halted);
      const node = await start();
      device.disk.kill = { write, keep: 0 };
      await call(node, 'RestartLog', { confirm: 'new log' }).catch(() => undefined);
      device.disk.kill = undefined;
      const next = await start();
      if ((await call(next, 'GetStatus')).phase === 'halted') await call(next, 'RestartLog', { confirm: 'new log' });
      expect((await call(next, 'GetStatus')).phase).toBe('ready');
      expect((await types(next)).filter((type) => type === 'LOG_RESTARTED')).toHaveLength(1);
      expect((await types(next)).slice(0, 2)).toEqual(['GENESIS', 'LOG_RESTARTED']);
      expect(await call(next, 'VerifyLog')).toMatchObject({ ok: true });
    }
    expect(said()).toEqual([KILLED]);
  });
});
