/** A node whose skills answer at once or hang, and packages put into its store. */
import { utf8 } from '../../crypto';
import { packageBy, MODULE, type Package } from '../../registry/testkit';
import type { SkillManifest } from '../../registry';
import { SkillError, type SkillRequest, type SkillRunner } from '../../skills';
import { approved } from '../testing/owner';
import { call, testNode, TestDevice } from '../testkit';
import type { NodeOptions, SovereignNode } from '../types';

type Signer = Parameters<typeof packageBy>[0];

/** Runs nothing: keeps what it was asked, and hangs on the input `hang` until it is ended. */
export class RecordingRunner implements SkillRunner {
  readonly asked: SkillRequest[] = [];
  /** Resolves when the next run has begun. */
  begun: Promise<void>;
  #began: () => void = () => undefined;

  constructor() {
    this.begun = new Promise((resolve) => (this.#began = resolve));
  }

  run: SkillRunner['run'] = async (request, { signal } = {}) => {
    this.asked.push(request);
    this.#began();
    if (new TextDecoder().decode(request.input) === 'hang') {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      throw new SkillError('cancelled', 'The run was ended.');
    }
    const totals = { gas: 1, price: 0, hostCalls: 0, hostBytes: 0, calls: [], logs: [], ms: 1 };
    return { kind: 'ok', output: utf8('done'), memorySha256: '0'.repeat(64), ...totals };
  };
}

export async function registryNode(
  device = new TestDevice(),
  options: Partial<NodeOptions> = {},
): Promise<{ node: SovereignNode; runner: RecordingRunner; device: TestDevice }> {
  const runner = new RecordingRunner();
  const node = testNode(device, { skills: runner, ...options });
  await node.start();
  return { node, runner, device };
}

export async function put(node: SovereignNode, bytes: Uint8Array): Promise<string> {
  const answer = await node.putBlob(bytes);
  if ('Error' in answer) throw new Error(answer.Error.message);
  return answer.Ok;
}

/** A signed package, its files in the node's store. */
export async function brought(
  node: SovereignNode,
  author: Signer,
  over: Partial<SkillManifest> = {},
): Promise<Package> {
  const made = await packageBy(author, over);
  await put(node, made.bytes);
  await put(node, MODULE);
  return made;
}

export async function installed(
  node: SovereignNode,
  author: Signer,
  over: Partial<SkillManifest> = {},
): Promise<Package> {
  const made = await brought(node, author, over);
  await approved(node, () => call(node, 'InstallSkill', { manifest: made.address }));
  return made;
}

export const types = async (node: SovereignNode): Promise<string[]> =>
  (await call(node, 'ListEntries', { limit: 500 })).entries.map(({ entry }) => entry.type);
