import type { Component } from 'svelte';
import { describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import type { MemberView, MeshView, PairingView } from '../../../protocol/mesh';
import { encodeInvitation } from '../../../mesh/members/invitation';
import { parseRoute } from '../../lib/route';
import { realApp } from '../../testing/bed';
import Bed from '../../testing/Bed.svelte';
import Answer from './Answer.svelte';
import Create from './Create.svelte';
import Join from './Join.svelte';
import Members from './Members.svelte';
import MeshMap from './MeshMap.svelte';
import Pairing from './Pairing.svelte';
import Relays from './Relays.svelte';

const app = realApp();
const show = <P extends Record<string, unknown>>(of: Component<P>, props: P) =>
  render(Bed as unknown as Component<{ app: typeof app; of: Component<P>; with: P }>, { app, of, with: props });
const changed = () => Promise.resolve();

const member = (name: string, over: Partial<MemberView> = {}): MemberView => ({
  peer: `12D3KooW${name}`,
  key: 'ab'.repeat(32),
  name,
  words: 'connect black devote slight',
  role: 'member',
  since: '2026-01-01T00:00:00.000Z',
  self: false,
  rights: [],
  skills: null,
  link: 'direct',
  rtt_ms: 12.4,
  bytes_in: 0,
  bytes_out: 0,
  last_seen: null,
  head: null,
  ...over,
});
const view = (members: MemberView[]): MeshView => {
  const me = members.find(({ self }) => self)!;
  return {
    state: 'online',
    problem: null,
    mesh: '00'.repeat(16),
    self: { peer: me.peer, name: me.name, words: me.words, role: me.role },
    epoch: 1,
    members,
    invitations: [],
    pairings: [],
    relays: [],
  };
};
const keeper = member('Desktop', { self: true, role: 'keeper' });

describe('the list of members', () => {
  test('says how each is reached; the keeper may remove others, and is asked before', async () => {
    const screen = await show(Members, { view: view([keeper, member('Phone')]), changed });
    await expect.element(screen.getByText('Connected directly, 12 ms')).toBeVisible();
    await screen.getByRole('button', { name: 'Remove' }).click();
    await expect.element(screen.getByRole('heading', { name: 'Remove Phone?' })).toBeVisible();
    await expect.element(screen.getByText(/loses the keys of the mesh/)).toBeVisible();
    await screen.getByRole('button', { name: 'Cancel' }).click();
  });

  test('shows a member that keeps nothing no way to remove anybody', async () => {
    const me = member('Phone', { self: true });
    const other = member('Desktop', { role: 'keeper', link: 'relayed', rtt_ms: null });
    const screen = await show(Members, { view: view([me, other]), changed });
    await expect.element(screen.getByText('Connected over a relay')).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Remove' })).not.toBeInTheDocument();
  });

  test('lets a deputy take over, and asks before', async () => {
    const me = member('Phone', { self: true, role: 'deputy' });
    const screen = await show(Members, { view: view([me, member('Desktop', { role: 'keeper' })]), changed });
    await screen.getByRole('button', { name: 'Take over from Desktop' }).click();
    await expect.element(screen.getByText(/the one before is out/)).toBeVisible();
    await screen.getByRole('button', { name: 'Cancel' }).click();
    await expect.element(screen.getByRole('checkbox', { name: 'May take over the mesh' })).not.toBeInTheDocument();
  });

  test('lets skills be run here by those that may, and names which ones', async () => {
    const phone = member('Phone', { rights: ['run'], skills: ['csv-query', 'hash-file'] });
    const screen = await show(Members, { view: view([keeper, phone, member('Tablet')]), changed });
    const card = screen.getByRole('listitem', { name: 'Phone' });
    await expect.element(card.getByRole('checkbox', { name: 'May run skills here' })).toBeChecked();
    await expect.element(card.getByRole('textbox', { name: 'Only these skills' })).toHaveValue('csv-query, hash-file');
    const other = screen.getByRole('listitem', { name: 'Tablet' });
    await expect.element(other.getByRole('checkbox', { name: 'May run skills here' })).not.toBeChecked();
    await expect.element(other.getByRole('textbox')).not.toBeInTheDocument();
  });

  test('shows a right as it is, also where it could not be changed', async () => {
    // This node is in no mesh, and refuses.
    const screen = await show(Members, { view: view([keeper, member('Phone', { rights: ['delegate'] })]), changed });
    const may = screen.getByRole('checkbox', { name: 'May control this node' });
    const takesOver = screen.getByRole('checkbox', { name: 'May take over the mesh' });
    await may.click();
    await takesOver.click();
    await expect.element(screen.getByText('That did not work')).toBeVisible();
    await expect.element(may).not.toBeChecked();
    await expect.element(takesOver).not.toBeChecked();
    await expect.element(screen.getByRole('checkbox', { name: 'May have what this node made' })).toBeChecked();
  });

  test('is told as a map in words too', async () => {
    const screen = await show(MeshMap, { view: view([keeper, member('Phone'), member('Tablet', { link: 'none' })]) });
    const name = 'This device and Phone: connected directly, 12 ms; Tablet: not connected';
    await expect.element(screen.getByRole('img', { name })).toBeVisible();
  });
});

describe('the relays', () => {
  const relays = [
    { addr: '/dns4/one.example/tcp/443/tls/ws', connected: true },
    { addr: '/dns4/two.example/tcp/443/tls/ws', connected: false },
  ];

  test('say which are connected; the keeper adds and removes', async () => {
    const screen = await show(Relays, { view: { ...view([keeper]), relays }, changed });
    await expect.element(screen.getByText('Connected', { exact: true })).toBeVisible();
    await expect.element(screen.getByText('Not reached')).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Remove /dns4/two.example/tcp/443/tls/ws' })).toBeVisible();
    await screen.getByText('Add a relay').click();
    await expect.element(screen.getByRole('textbox', { name: 'Relay', exact: true })).toBeVisible();
  });

  test('are shown to a member that keeps nothing, who cannot change them', async () => {
    const me = member('Phone', { self: true });
    const screen = await show(Relays, { view: { ...view([me]), relays }, changed });
    await expect.element(screen.getByText('/dns4/one.example/tcp/443/tls/ws')).toBeVisible();
    await expect.element(screen.getByRole('button')).not.toBeInTheDocument();
    await expect.element(screen.getByText('Add a relay')).not.toBeInTheDocument();
  });
});

describe('a pairing', () => {
  const pairing: PairingView = {
    id: '00'.repeat(16),
    side: 'inviter',
    peer: '12D3KooW',
    name: 'Phone',
    words: 'first second third fourth',
    state: 'confirm',
  };

  test('asks for a comparison of words before the yes', async () => {
    const screen = await show(Pairing, { pairing, changed });
    await expect.element(screen.getByRole('heading', { name: 'Is this Phone?' })).toBeVisible();
    await expect.element(screen.getByText(/Compare these words/)).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Yes, the words are the same' })).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'No' })).toBeVisible();
  });

  test('that failed says why, and can only be dismissed', async () => {
    const failed = { ...pairing, state: 'failed' as const, problem: 'The other side said no.' };
    const screen = await show(Pairing, { pairing: failed, changed });
    await expect.element(screen.getByText('The other side said no.')).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Dismiss' })).toBeVisible();
    await expect.element(screen.getByRole('button', { name: /Yes/ })).not.toBeInTheDocument();
  });
});

describe('the page of a node in no mesh', () => {
  test('offers to create one and to join one', async () => {
    const joining = await show(Join, { changed });
    await expect.element(joining.getByRole('textbox', { name: 'Invitation' })).toBeVisible();
    await expect.element(joining.getByRole('button', { name: 'Read the invitation' })).toBeVisible();
    const creating = await show(Create, { changed });
    await expect.element(creating.getByRole('textbox', { name: 'Relay', exact: true })).toHaveValue(location.origin);
  });

  test('an invitation that a link brought is read at once, and what is wrong with it is said', async () => {
    app.router.invitation = 'sn1.AAAA';
    const joining = await show(Join, { changed });
    await expect.element(joining.getByText('This invitation cannot be used')).toBeVisible();
    await expect.element(joining.getByRole('button', { name: 'Read the invitation' })).toBeEnabled();
  });

  test('an invitation into another mesh says what to do first, and is kept', async () => {
    app.router.invitation = encodeInvitation({
      mesh: '11'.repeat(16),
      expires: 0xffffffff,
      token: new Uint8Array(16),
      inviter: new Uint8Array(32).fill(1),
      name: 'Tablet',
      meshKey: new Uint8Array(32),
      relayKey: new Uint8Array(32),
      relays: ['/dns4/one.example/tcp/443/tls/ws'],
    });
    const { invitation } = app.router;
    const screen = await show(Answer, { view: view([keeper]), onclose: () => undefined });
    await expect.element(screen.getByText('This invites a new device')).toBeVisible();
    await expect.element(screen.getByText(/Tablet invites a device to join.*leave that first/)).toBeVisible();
    expect(app.router.invitation).toBe(invitation);
    app.router.invitation = '';
  });

  test('an invitation’s link leads here', () => {
    expect(parseRoute('#join=sn1.AbC-_9')).toEqual({ screen: 'mesh', rest: ['join', 'sn1.AbC-_9'] });
  });
});
