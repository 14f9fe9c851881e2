/** What tests of a whole node share: an owner who asks, approves, exports and has the bundle verified. */
import type { KeysView } from '../../protocol/messages';
import { bytesSource, verifyBundle, zipReader, type Report } from '../../verify';
import { call, testNode, TestDevice } from '../testkit';
import type { SovereignNode } from '../types';

export const started = async (device = new TestDevice()): Promise<SovereignNode> => {
  const node = testNode(device);
  await node.start();
  return node;
};
export const current = ({ keys }: KeysView, purpose: string): string =>
  keys.findLast((span) => span.purpose === purpose && !span.until)!.key;
export const governanceKey = async (node: SovereignNode): Promise<Uint8Array> =>
  Buffer.from((await call(node, 'GetIdentity')).publicKeys.governance, 'hex');

/** Starts something that waits for approval: its id, once it does, and how it ends. Not for acts that need none. */
export async function asking<T>(node: SovereignNode, act: () => Promise<T>): Promise<{ id: string; done: Promise<T> }> {
  const asked = new Promise<void>((resolve) => {
    const stop = node.subscribe((event) => {
      if (event.type !== 'approvals' || event.pending === 0) return;
      stop();
      resolve();
    });
  });
  const done = act();
  done.catch(() => undefined);
  await Promise.race([asked, done]);
  const [pending] = await call(node, 'ListApprovals');
  return { id: pending!.id, done };
}

/** Asks for something, and says yes as the owner. */
export async function approved<T>(node: SovereignNode, act: () => Promise<T>, note?: string): Promise<T> {
  const { id, done } = await asking(node, act);
  await call(node, 'DecideApproval', { id, verdict: 'yes', ...(note === undefined ? {} : { note }) });
  return done;
}

export async function exported(node: SovereignNode, pin: Uint8Array, disclose: string[] = []): Promise<Report> {
  const { sha256 } = await call(node, 'ExportBundle', { disclose });
  const zip = await node.getBlob(sha256);
  if (!('Ok' in zip)) throw new Error('the bundle is not there');
  return verifyBundle(await zipReader(bytesSource(zip.Ok)), { governanceKey: pin });
}
