import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestRelay, type TestRelay } from '../../relay/radio/testkit';
import { bundleSkillThread } from '../../scripts/lib/skill-thread.mjs';
import { hex } from '../../src/crypto';
import type { MeshView, PairingView } from '../../src/protocol/mesh';
import type { EntryView, RequestName } from '../../src/protocol/messages';
import type { Places } from '../home/with-node';
import { runJoin } from '../join';
import { isRemoteCommand, runRemote } from '../remote';
import { runDaemon } from './daemon';

// Two homes and a real relay: one node is controlled from the other's machine, over libp2p.
const RELAY_KEY = new Uint8Array(32).fill(5);
let root: string;
let relay: TestRelay;
let places: Places;
const stops: (() => Promise<void>)[] = [];

/** A daemon that says it listens, or the error it ended with. */
async function daemon(...args: string[]): Promise<string> {
  let said = '';
  let stop = (): void => undefined;
  let ended: Promise<number> | undefined;
  await new Promise<void>((resolve) => {
    const hear = (text: string): void => {
      said += text;
      resolve();
    };
    ended = runDaemon(args, { out: hear, err: hear, onInterrupt: (l) => ((stop = l), () => undefined) }, places);
    void ended.then(
      () => resolve(),
      (error: unknown) => hear(String(error)),
    );
  });
  stops.push(async () => {
    stop();
    await ended;
  });
  return said;
}

async function sovereign(home: string, command: string, ...args: string[]) {
  if (!isRemoteCommand(command)) throw new Error(command);
  const heard = { out: '', err: '' };
  const terminal = {
    out: (text: string) => void (heard.out += text),
    err: (text: string) => void (heard.err += text),
    interactive: false,
    ask: () => Promise.resolve(undefined),
    onInterrupt: () => () => undefined,
  };
  const code = await runRemote(command, [...args, '--home', join(root, home), '--json'], terminal);
  return { code, answer: JSON.parse(heard.out || '{}') as Record<string, unknown> };
}

const ask = async <T>(home: string, name: RequestName, params?: object): Promise<T> =>
  (await sovereign(home, 'ask', name, ...(params ? [JSON.stringify(params)] : []))).answer['Ok'] as T;

/** Joins the second home by an invitation of the first; both sides say yes. */
async function joinMesh(): Promise<number> {
  const { text } = await ask<{ text: string }>('desktop', 'InviteMember', { minutes: 10 });
  const pairings = async (): Promise<PairingView[]> => (await ask<MeshView>('desktop', 'GetMesh')).pairings;
  const person = {
    out: () => undefined,
    err: (said: string) => expect(said).toBe(''),
    interactive: true,
    ask: async () => {
      await expect.poll(async () => (await pairings())[0]?.state).toBe('confirm');
      await ask('desktop', 'ConfirmPairing', { id: (await pairings())[0]!.id, yes: true });
      return 'yes';
    },
    onInterrupt: () => () => undefined,
  };
  return runJoin([text, '--name', 'Laptop', '--home', join(root, 'laptop')], person, places);
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sovereign-link-'));
  relay = await startTestRelay([RELAY_KEY]);
  places = { assets: pathToFileURL(join('public', '/')), skillThread: await bundleSkillThread(join(root, 'thread')) };
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  await relay.stop();
  rmSync(root, { recursive: true, force: true });
});

describe('a node across the mesh', () => {
  test('is joined by an invitation, and asked from another machine once that one may control it', async () => {
    expect(await daemon('--local', '--home', join(root, 'desktop'))).toContain('Socket');
    const relays = [String(relay.address)];
    await ask('desktop', 'CreateMesh', { name: 'Desktop', relays, relay_key: hex(RELAY_KEY) });
    expect(await joinMesh()).toBe(0);
    expect(await daemon('--home', join(root, 'laptop'))).toMatch(/^Node {6}Desktop {2}/);

    // A member, but one that may not control it.
    const pinged = async () => (await sovereign('laptop', 'ping')).answer;
    await expect.poll(pinged).toMatchObject({ Error: { code: 'refused' } });
    const { members } = await ask<MeshView>('desktop', 'GetMesh');
    const laptop = members.find(({ name }) => name === 'Laptop')!;
    await ask('desktop', 'SetMemberRights', { peer: laptop.peer, rights: ['control'] });

    expect(await sovereign('laptop', 'ping')).toEqual({ code: 0, answer: 'Pong' });
    const [here, there] = [await sovereign('laptop', 'status'), await sovereign('desktop', 'status')];
    const nodeOf = ({ answer }: typeof here) => (answer['Status'] as { node_id: string }).node_id;
    expect(nodeOf(here)).toBe(nodeOf(there));
    const run = await sovereign('laptop', 'run', 'hash-file', '--input', 'abc');
    expect(JSON.stringify(run.answer)).toContain('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    const peers = await sovereign('laptop', 'mesh-peers');
    expect(JSON.parse(peers.answer['MeshGeneric'] as string)).toMatchObject([{ name: 'Laptop', link: 'relayed' }]);
    const { entries } = await ask<{ entries: EntryView[] }>('laptop', 'ListEntries', { limit: 2 });
    expect(entries[1]!.entry).toMatchObject({
      type: 'EXECUTION_AUTHORIZED',
      data: { order: { principal: { type: 'Member', id: laptop.peer }, action: 'run_skill' } },
    });
    expect(await sovereign('laptop', 'ask', 'GetRecoveryPhrase')).toMatchObject({ code: 1 });

    await ask('desktop', 'SetMemberRights', { peer: laptop.peer, rights: [] });
    expect((await sovereign('laptop', 'ping')).answer).toMatchObject({ Error: { code: 'refused' } });
  });

  test('of a home that is a member of none: the daemon says how to join one', async () => {
    expect(await daemon('--home', join(root, 'alone'))).toContain('sovereign join');
  });
});
