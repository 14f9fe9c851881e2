import { describe, expect, test } from 'vitest';
import {
  fromUtf8,
  parseCosignerVkey,
  parseNote,
  publicKeyOf,
  sha256Hex,
  sha256Text,
  signerFromSeed,
  verifyCosignature,
} from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { createMemoryStorage, MemoryDisk } from '../../storage';
import { formatRegistration, Witness } from '../../witness';
import { TestLog } from '../../witness/testkit';
import { FramedStream } from '../framed';
import { peerIdOf } from '../peer-id';
import { settled, TestTime } from '../testing/time';
import { memoryMesh, testSeed } from '../testkit';
import { fetchWitness, serveWitness, witnessName, witnessUrl, witnessVkey, openWitnessStore } from './index';
import { WITNESS } from './wire';

/** Member 0 has a log; member 1 witnesses, and its records outlive it. */
async function two() {
  const time = new TestTime();
  const [asker, witness] = memoryMesh(2);
  const [node, key] = [await signerFromSeed(testSeed(0)), await signerFromSeed(testSeed(1))];
  const disk = new MemoryDisk();
  const start = async (): Promise<() => void> => {
    const storage = createMemoryStorage({ disk });
    await storage.claimWriter();
    const core = new Witness({
      ...{ name: witnessName(key.publicKey), signer: key, clock: time.clock, logs: [], open: true },
      store: await openWitnessStore(storage.records),
    });
    return serveWitness({
      mesh: witness!,
      schedule: time.schedule,
      isMember: (peer) => !peer.endsWith('Stranger'),
      witness: core,
    });
  };
  const leaves = Array.from({ length: 20 }, (_, i) => `entry ${i}`);
  const origin = `sovereign-node/${sha256Hex(node.publicKey).slice(0, 16)}/00000001`;
  const logKey = await signerFromSeed(testSeed(9));
  const log = new TestLog(origin, logKey, leaves);
  const ask = async (name: string, body?: string) => {
    const url = `${witnessUrl(witness!.self)}/${name}`;
    const response = await fetchWitness({ mesh: asker!, schedule: time.schedule }, url, { body });
    return { status: response.status, text: await response.text() };
  };
  const add = async (oldSize: number, size: number, of = log) =>
    ask('add-checkpoint', fromUtf8(await of.request(oldSize, size)));
  const registration = await formatRegistration(origin, logKey.publicKey, node);
  return { time, asker: asker!, witness: witness!, start, log, ask, add, registration, origin, logKey };
}

describe('witnessing over the mesh', () => {
  test('a member’s log is cosigned by the key that its peer id is', async () => {
    const { start, log, ask, add, registration, witness, origin } = await two();
    await start();
    expect((await add(0, 3)).status).toBe(404);
    expect((await ask('add-log', registration)).status).toBe(200);
    const { status, text } = await add(0, 3);
    expect(status).toBe(200);
    const vkey = witnessVkey(witness.self)!;
    expect((await ask('vkey')).text).toBe(`${vkey}\n`);
    const note = parseNote((await log.note(3)) + text)!;
    expect(await verifyCosignature(note, parseCosignerVkey(vkey)!)).toBe(1_800_000_000);
    expect((await ask(`${sha256Text(origin)}/checkpoint`)).text).toBe(await log.note(3));
    expect((await ask(`${'0'.repeat(64)}/checkpoint`)).status).toBe(404);
  });

  test('a member registers logs of its own node alone, and only a few: it takes no place of another', async () => {
    const { start, ask, asker, witness } = await two();
    const stop = await start();
    const logKey = await signerFromSeed(testSeed(9));
    const registrationOf = async (seed: number, log: number) => {
      const node = await signerFromSeed(testSeed(seed));
      const id = sha256Hex(node.publicKey).slice(0, 16);
      return formatRegistration(`sovereign-node/${id}/0000000${log}`, logKey.publicKey, node);
    };
    expect((await ask('add-log', await registrationOf(5, 1))).status).toBe(403);
    const statuses = [];
    for (let i = 0; i <= LIMITS.witnessLogsPerMember; i++) {
      statuses.push((await ask('add-log', await registrationOf(0, i))).status);
    }
    expect(statuses).toEqual([...Array<number>(LIMITS.witnessLogsPerMember).fill(200), 503]);
    expect((await ask('add-log', await registrationOf(0, 0))).status).toBe(200);
    stop();
    await start();
    expect((await ask('add-log', await registrationOf(0, 9))).status).toBe(503);
    const other = asker.net.add(peerIdOf(publicKeyOf(testSeed(2))));
    const url = `${witnessUrl(witness.self)}/add-log`;
    const body = await registrationOf(2, 1);
    expect((await fetchWitness({ mesh: other, schedule: new TestTime().schedule }, url, { body })).status).toBe(200);
  });

  test('after a restart it still never cosigns two trees', async () => {
    const { start, ask, add, registration, origin, logKey } = await two();
    const stop = await start();
    await ask('add-log', registration);
    expect((await add(0, 5)).status).toBe(200);
    stop();
    await start();
    const fork = new TestLog(
      origin,
      logKey,
      Array.from({ length: 20 }, (_, i) => `other ${i}`),
    );
    expect(await add(0, 5, fork)).toEqual({ status: 409, text: '5\n' });
    expect((await add(5, 9, fork)).status).toBe(422);
    expect((await add(5, 9)).status).toBe(200);
  });

  test('strangers, rubbish and silence end their own stream; a request over the limit is not read', async () => {
    const { time, asker, witness, start, ask, registration } = await two();
    await start();
    const open = async () =>
      new FramedStream(await asker.open(witness.self, WITNESS), { schedule: time.schedule, ms: 1e6 });
    for (const word of [{ v: 1, name: 'other' }, { v: 2, name: 'vkey' }, 'vkey', { v: 1, name: '../secret' }]) {
      const framed = await open();
      await framed.sendJson(word);
      await framed.send(new Uint8Array()).catch(() => undefined);
      await expect(framed.next(100)).rejects.toMatchObject({ code: 'stream_reset' });
    }
    const long = await open();
    await long.sendJson({ v: 1, name: 'add-checkpoint' });
    const writing = long.send(new Uint8Array(LIMITS.witnessRequestBytes + 1)).catch(() => undefined);
    await expect(long.next(100)).rejects.toMatchObject({ code: 'stream_reset' });
    await writing;
    for (let i = 0; i < 20; i++) await open();
    await time.pass(LIMITS.witnessAnswerMs);
    expect(asker.net.streams.size).toBe(0);
    expect((await ask('add-log', registration)).status).toBe(200);
    const stranger = asker.net.add('12D3KooWStranger');
    const framed = new FramedStream(await stranger.open(witness.self, WITNESS), { schedule: time.schedule, ms: 1e6 });
    await expect(framed.next(10)).rejects.toMatchObject({ code: 'stream_reset' });
    await settled();
  });

  test('a member that is away, or answers what is no answer, is an error and no cosignature', async () => {
    const { time, asker, witness, ask } = await two();
    await expect(ask('vkey')).rejects.toMatchObject({ code: 'protocol_refused' });
    witness.handle(WITNESS, async (stream) => {
      await new FramedStream(stream, { schedule: time.schedule, ms: 1e6 }).sendJson({ status: 201, type: 'text/html' });
    });
    await expect(ask('vkey')).rejects.toMatchObject({ code: 'frame_malformed' });
    asker.net.leave(witness.self);
    await expect(ask('vkey')).rejects.toMatchObject({ code: 'unreachable' });
    await expect(fetchWitness({ mesh: asker, schedule: time.schedule }, 'https://x.example/vkey')).rejects.toThrow();
  });
});
