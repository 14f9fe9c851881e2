/** docs/vectors/mesh-members.json: another implementation must come to the same bytes. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fromHex, hex } from '../../crypto';
import { decodeInvitation, encodeInvitation, invitationId } from './invitation';
import { openKeys, sealKeys } from './rekey';
import { readRoster, rosterDigest, type Roster } from './roster';
import { countingRandom, KEYS, member, MESH, rosterOf, sealSecretOf } from './testkit';

interface Vectors {
  invitation: {
    text: string;
    id: string;
    fields: { mesh: string; expires: number; name: string; relays: string[] } & Record<
      'token' | 'inviter' | 'mesh_key' | 'relay_key',
      string
    >;
  };
  rosters: { roster: Roster; sha256: string }[];
  box: {
    mesh: string;
    epoch: number;
    member: string;
    secret: string;
    box: string;
    mesh_key: string;
    topic_key: string;
  };
}

const url = new URL('../../../docs/vectors/mesh-members.json', import.meta.url);
const vectors = JSON.parse(readFileSync(url, 'utf8')) as Vectors;

async function made(): Promise<Vectors> {
  const fields = {
    mesh: MESH,
    expires: 1_767_225_600,
    token: '07'.repeat(16),
    inviter: member(0).key,
    name: 'Device 0',
    mesh_key: hex(KEYS.meshKey),
    relay_key: '03'.repeat(32),
    relays: ['/dns4/relay.example/tcp/443/tls/ws'],
  };
  const first = await rosterOf([member(0)]);
  const second = await rosterOf([member(0), member(1)], first);
  const third = await rosterOf([member(0)], second, true);
  const sealedFor = { mesh: MESH, epoch: 2, member: member(1) };
  return {
    invitation: { text: encodeInvitation(invitationOf(fields)), id: invitationId(fromHex(fields.token)!), fields },
    rosters: [first, second, third].map((roster) => ({ roster, sha256: rosterDigest(roster) })),
    box: {
      mesh: MESH,
      epoch: 2,
      member: member(1).key,
      secret: hex(sealSecretOf(1)),
      box: sealKeys(KEYS, sealedFor, countingRandom()),
      mesh_key: hex(KEYS.meshKey),
      topic_key: hex(KEYS.topicKey),
    },
  };
}

const invitationOf = (fields: Vectors['invitation']['fields']) => ({
  mesh: fields.mesh,
  expires: fields.expires,
  token: fromHex(fields.token)!,
  inviter: fromHex(fields.inviter)!,
  name: fields.name,
  meshKey: fromHex(fields.mesh_key)!,
  relayKey: fromHex(fields.relay_key)!,
  relays: fields.relays,
});

describe('the vectors', () => {
  test('are what is written', async () => {
    expect(await made()).toEqual(vectors);
  });

  test('read as they say', async () => {
    const { invitation, rosters, box } = vectors;
    expect(decodeInvitation(invitation.text)).toEqual(invitationOf(invitation.fields));
    for (const { roster, sha256 } of rosters) expect(rosterDigest(await readRoster(roster))).toBe(sha256);
    const to = { mesh: box.mesh, epoch: box.epoch, member: { key: box.member, seal: member(1).seal } };
    const opened = openKeys(box.box, to, fromHex(box.secret)!);
    expect([hex(opened.meshKey), hex(opened.topicKey)]).toEqual([box.mesh_key, box.topic_key]);
  });
});
