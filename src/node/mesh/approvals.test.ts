import { afterEach, describe, expect, test } from 'vitest';
import { governanceKey, exported } from '../testing/owner';
import { call, TestDevice } from '../testkit';
import { KeyedNets, memberNode, pair, type Member } from './testkit';

const running: Member[] = [];
afterEach(async () => {
  for (const { node } of running.splice(0)) await node.stop();
});

async function member(...args: Parameters<typeof memberNode>): Promise<Member> {
  const one = await memberNode(...args);
  running.push(one);
  return one;
}

/** A desktop, and a phone that may control it. */
async function two() {
  const nets = new KeyedNets();
  const device = new TestDevice();
  const [desktop, phone] = [await member(nets), await member(nets, device)];
  await call(desktop.node, 'CreateMesh', { name: 'Desktop', relays: [] });
  await pair(desktop, phone, 'Phone');
  const { peer, key } = (await desktop.view()).members.find(({ name }) => name === 'Phone')!;
  const allow = (rights: ('control' | 'delegate')[]) => call(desktop.node, 'SetMemberRights', { peer, rights });
  await allow(['control']);
  return { nets, device, desktop, phone, peer, key, allow };
}

/** Something that waits for a yes. */
const ask = ({ node }: Member) => {
  const done = call(node, 'ErasePersonal', { hashes: ['a'.repeat(64)] });
  done.catch(() => undefined);
  return done;
};
const asked = (one: Member) => call(one.node, 'ListMemberApprovals');
const waiting = async (one: Member, count: number) => {
  // A delivery that found nobody is tried again after a second or two.
  await expect.poll(async () => (await asked(one)).length).toBe(count);
  return asked(one);
};
const newest = async ({ node }: Member, type: 'APPROVAL_DECIDED' | 'ROLE_SIGNATURE' | 'EXECUTION_BLOCKED') =>
  (await call(node, 'ListEntries', { limit: 10, filter: { type } })).entries.map(({ entry }) => entry.data);

describe('approvals across devices', () => {
  test('the phone decides with its own key, the desktop goes on, and the bundle proves who decided', async () => {
    const { desktop, phone, peer, key } = await two();
    const done = ask(desktop);
    const [one] = await waiting(phone, 1);
    expect(one).toMatchObject({ name: 'Desktop', state: 'open', request: { intent: { action: 'erase_openings' } } });
    await call(phone.node, 'DecideMemberApproval', { peer: one!.peer, id: one!.request.id, verdict: 'yes' });
    expect(await done).toEqual({ erased: 0 });
    await waiting(phone, 0);
    const [decided] = await newest(desktop, 'APPROVAL_DECIDED');
    const owner = (await call(desktop.node, 'GetIdentity')).publicKeys.owner;
    expect(decided).toMatchObject({ approval: { verdict: 'yes' } });
    expect(JSON.stringify(decided)).not.toContain(owner);
    const roles = await newest(desktop, 'ROLE_SIGNATURE');
    expect(roles.map(({ role_signature }) => role_signature)).toContainEqual(
      expect.objectContaining({
        role: 'approver',
        principal: { type: 'Member', id: peer },
        context: { approval_id: one!.request.id, key },
      }),
    );
    const { problems, verdicts } = await exported(desktop.node, await governanceKey(desktop.node));
    expect(problems).toEqual([]);
    expect(verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass' });
  });

  test('a no ends it there', async () => {
    const { desktop, phone } = await two();
    const done = ask(desktop);
    const [one] = await waiting(phone, 1);
    await call(phone.node, 'DecideMemberApproval', { peer: one!.peer, id: one!.request.id, verdict: 'no' });
    await expect(done).rejects.toMatchObject({ code: 'approval_refused' });
  });

  test('what is decided at the desktop is taken back from the phone', async () => {
    const { desktop, phone } = await two();
    const done = ask(desktop);
    const [one] = await waiting(phone, 1);
    await call(desktop.node, 'DecideApproval', { id: one!.request.id, verdict: 'yes' });
    await done;
    await waiting(phone, 0);
    await expect(
      call(phone.node, 'DecideMemberApproval', { peer: one!.peer, id: one!.request.id, verdict: 'yes' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a phone that is away gets it when it returns, and its answer outlives its own restart', async () => {
    const { nets, device, desktop, phone } = await two();
    await phone.node.stop();
    const done = ask(desktop);
    await expect.poll(async () => (await call(desktop.node, 'ListApprovals')).length).toBe(1);
    const back = await member(nets, device);
    const [one] = await waiting(back, 1);
    await back.node.stop();
    const again = await member(nets, device);
    expect(await asked(again)).toEqual([one]);
    await call(again.node, 'DecideMemberApproval', { peer: one!.peer, id: one!.request.id, verdict: 'yes' });
    expect(await done).toEqual({ erased: 0 });
  });

  test('the desktop restarts with a decision in its log, and it counts', async () => {
    const { nets, desktop, phone } = await two();
    const done = ask(desktop);
    const [one] = await waiting(phone, 1);
    await call(phone.node, 'DecideMemberApproval', { peer: one!.peer, id: one!.request.id, verdict: 'yes' });
    await done;
    await desktop.node.stop();
    const again = await member(nets, desktop.device);
    expect((await call(again.node, 'GetStatus')).phase).toBe('ready');
  });

  test('a member without the right is asked nothing, and what it signs changes nothing', async () => {
    const { desktop, phone, allow } = await two();
    const done = ask(desktop);
    const [one] = await waiting(phone, 1);
    await allow([]);
    await call(phone.node, 'DecideMemberApproval', { peer: one!.peer, id: one!.request.id, verdict: 'yes' });
    await waiting(phone, 0);
    expect((await call(desktop.node, 'ListApprovals')).length).toBe(1);
    expect(await newest(desktop, 'APPROVAL_DECIDED')).toEqual([]);
    const second = ask(phone);
    await expect.poll(async () => (await call(phone.node, 'ListApprovals')).length).toBe(1);
    expect(await asked(desktop)).toEqual([]);
    const [own] = await call(desktop.node, 'ListApprovals');
    await call(desktop.node, 'DecideApproval', { id: own!.id, verdict: 'no' });
    await expect(done).rejects.toMatchObject({ code: 'approval_refused' });
    void second;
  });

  test('nothing waits for a device that was removed', async () => {
    const { desktop, phone } = await two();
    await phone.node.stop();
    ask(desktop).catch(() => undefined);
    const { peer } = (await call(desktop.node, 'GetMesh')).members.find(({ self }) => !self)!;
    const kept = (): string[] =>
      [...desktop.device.disk.records.keys()].filter((key) => key.startsWith('mesh/') && key.includes(peer));
    await expect.poll(kept).toContainEqual(expect.stringMatching(/^mesh\/outbox\//));
    await call(desktop.node, 'RemoveMember', { peer });
    await expect.poll(() => kept().filter((key) => /^mesh\/(outbox|inbox|asked)\//.test(key))).toEqual([]);
  });

  test('policies that let no device decide hold for signed decisions too', async () => {
    const { desktop, phone } = await two();
    const { current } = await call(desktop.node, 'GetPolicies');
    const never =
      '@id("never") forbid (principal is Member, action == Action::"ask", resource == Request::"DecideApproval");';
    await call(desktop.node, 'SignPolicies', { cedar: `${current.cedar}\n${never}` });
    void ask(desktop);
    const [one] = await waiting(phone, 1);
    await call(phone.node, 'DecideMemberApproval', { peer: one!.peer, id: one!.request.id, verdict: 'yes' });
    await waiting(phone, 0);
    expect(await newest(desktop, 'EXECUTION_BLOCKED')).toMatchObject([{ code: 'denied', action: 'ask' }]);
    expect((await call(desktop.node, 'ListApprovals')).length).toBe(1);
  });
});
