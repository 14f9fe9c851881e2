/** A node in a test: the real core over memory storage, with real keys, real Cedar and real skills. */
import { readFile } from 'node:fs/promises';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { encodeRequest, decodeResult } from '../protocol/codec';
import type { CallParams } from '../protocol/client';
import type { Params, RequestName, Result } from '../protocol/messages';
import { systemClock, systemRandom } from '../protocol/runtime';
import type { DeviceKey, DeviceTraits } from '../identity';
import { decrypt, encrypt, importAes, cloneSuspected } from '../identity';
import { createMemoryStorage, MemoryDisk } from '../storage';
import type { SkillRunner } from '../skills';
import { createNode } from './node';
import type { Assets, NodeOptions, SovereignNode } from './types';
import type { Schedule } from './supervisor';

const PUBLIC = new URL('../../public/', import.meta.url);

/** A device: its key and its disk outlive the node's process, and can be copied or cut. */
export class TestDevice {
  disk = new MemoryDisk();
  traits: DeviceTraits = { hostname: 'test', cores: 2 };
  readonly #secret = importAes(crypto.getRandomValues(new Uint8Array(32)));
  readonly key: DeviceKey = {
    wrap: async (secret) => encrypt(await this.#secret, secret, new Uint8Array(0), systemRandom),
    unwrap: async (wrapped) => {
      const secret = await decrypt(await this.#secret, Uint8Array.from(wrapped), new Uint8Array(0));
      if (!secret) throw cloneSuspected();
      return secret;
    },
    forget: () => Promise.resolve(),
  };
}

/** Never runs anything: for tests that run no skill. */
export const noSkills: SkillRunner = { run: () => Promise.reject(new Error('this test runs no skill')) };

/** Those of the build. */
export const testAssets: Assets = {
  read: (path) =>
    readFile(new URL(path, PUBLIC)).then(
      (b) => new Uint8Array(b),
      () => undefined,
    ),
};

export function testNode(device: TestDevice, options: Partial<NodeOptions> = {}): SovereignNode {
  return createNode({
    realm: 'node',
    version: '0.0.0-test',
    build: 'test',
    openStorage: () => Promise.resolve(createMemoryStorage({ disk: device.disk })),
    deviceKey: device.key,
    traits: device.traits,
    clock: systemClock,
    random: systemRandom,
    loadCedar: () => Promise.resolve(cedar),
    skills: noSkills,
    assets: testAssets,
    erase: () => {
      device.disk = new MemoryDisk();
      return Promise.resolve();
    },
    ...options,
  });
}

/** @throws SovereignError with the node's code, as a tab would get it. */
export async function call<N extends RequestName>(
  node: SovereignNode,
  name: N,
  ...params: CallParams<N>
): Promise<Result<N>> {
  return decodeResult(name, await node.request(encodeRequest(name, params[0] as Params<N>)));
}

/** Timers that fire when the test says so: all, or those set for `ms`. */
export function manualSchedule(): { schedule: Schedule; fire: (ms?: number) => void; waits: () => number[] } {
  const tasks = new Map<() => void, number>();
  return {
    schedule: (task, ms) => {
      // Its own key, also when the same function is set twice.
      const once = () => task();
      tasks.set(once, ms);
      return () => void tasks.delete(once);
    },
    fire: (ms) => {
      const due = [...tasks].filter(([, wait]) => ms === undefined || wait === ms);
      for (const [task] of due) tasks.delete(task);
      for (const [task] of due) task();
    },
    waits: () => [...tasks.values()],
  };
}
