import { describe, expect, test } from 'vitest';
import type { RtcConnection } from '../../mesh/nearby';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { call, TestDevice } from '../testkit';
import { KeyedNets, memberNode, type Member } from './testkit';

const SDP = [
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=mid:0',
  'a=candidate:1 1 udp 2113937151 192.0.2.1 50000 typ host',
].join('\r\n');

/** A browser's connection up to where the network begins; what it is told to refuse, it refuses. */
class Connection extends EventTarget implements RtcConnection {
  connectionState = 'new';
  readonly iceGatheringState = 'complete';
  readonly localDescription: { sdp: string };
  readonly #takes: boolean;

  constructor({ sdp = SDP, takes = true } = {}) {
    super();
    this.localDescription = { sdp };
    this.#takes = takes;
  }

  createDataChannel(): never {
    return Object.assign(new EventTarget(), { readyState: 'connecting' }) as never;
  }
  createOffer = (): Promise<{ type: string; sdp: string }> => Promise.resolve({ type: 'offer', sdp: SDP });
  createAnswer = this.createOffer;
  setLocalDescription = (): Promise<void> => Promise.resolve();
  setRemoteDescription = (): Promise<void> =>
    this.#takes ? Promise.resolve() : Promise.reject(new TypeError('not in this state'));
  close(): void {
    this.connectionState = 'closed';
  }
}

/** A node with a mesh of its own whose browser gives out these connections. */
async function keeping(nets: KeyedNets, connections: Connection[]): Promise<Member> {
  const member = await device(nets, connections);
  await call(member.node, 'CreateMesh', { name: 'Desktop', relays: [] });
  return member;
}
function device(nets: KeyedNets, connections: Connection[]): Promise<Member> {
  const connect = (): Promise<RtcConnection> => Promise.resolve(connections.shift()!);
  return memberNode(nets, new TestDevice(), { mesh: { ...nets.realm(), connect } });
}
const invitations = async ({ view }: Member): Promise<number> => (await view()).invitations.length;

describe('codes that lead nowhere', () => {
  test('an offer of a device that is on no network leaves no invitation open', async () => {
    const connection = new Connection({ sdp: SDP.replace(/a=candidate.*/, '') });
    const keeper = await keeping(new KeyedNets(), [connection]);
    await expect(call(keeper.node, 'OfferLink', { invite: true })).rejects.toMatchObject({ code: 'unreachable' });
    expect(await invitations(keeper)).toBe(0);
    expect(connection.connectionState).toBe('closed');
  });

  test('an offer that may not invite any more leaves no connection open', async () => {
    const connection = new Connection();
    const keeper = await keeping(new KeyedNets(), [connection]);
    for (let i = 0; i < MESH_LIMITS.invitations; i++) await call(keeper.node, 'InviteMember', { minutes: 10 });
    await expect(call(keeper.node, 'OfferLink', { invite: true })).rejects.toMatchObject({ code: 'overloaded' });
    expect(connection.connectionState).toBe('closed');
  });

  test('an answer that the browser does not take uses the code up, and its connection ends', async () => {
    const nets = new KeyedNets();
    const connection = new Connection({ takes: false });
    const keeper = await keeping(nets, [connection]);
    const other = await device(nets, [new Connection()]);
    const offer = await call(keeper.node, 'OfferLink', { invite: true });
    expect(await invitations(keeper)).toBe(1);
    const { text } = await call(other.node, 'AnswerLink', { text: offer.text, name: 'Phone' });
    await expect(call(keeper.node, 'AcceptLink', { text })).rejects.toMatchObject({ code: 'refused' });
    expect(connection.connectionState).toBe('closed');
    expect(await invitations(keeper)).toBe(0);
    await expect(call(keeper.node, 'AcceptLink', { text })).rejects.toMatchObject({ code: 'invitation_used' });
  });

  test('more offers than may wait: the oldest ends with its invitation and its connection', async () => {
    const connections = Array.from({ length: MESH_LIMITS.nearbyOffers + 1 }, () => new Connection());
    const [first] = connections;
    const keeper = await keeping(new KeyedNets(), [...connections]);
    for (const _ of connections) await call(keeper.node, 'OfferLink', { invite: true });
    expect(await invitations(keeper)).toBe(MESH_LIMITS.nearbyOffers);
    expect(first!.connectionState).toBe('closed');
  });
});
