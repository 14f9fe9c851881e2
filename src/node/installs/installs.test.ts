import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { hex, utf8, type Signer } from '../../crypto';
import type { JsonObject } from '../../protocol/json';
import { author, packageBy } from '../../registry/testkit';
import { approved, asking, exported, governanceKey } from '../testing/owner';
import { call, TestDevice } from '../testkit';
import type { SovereignNode } from '../types';
import { brought, installed, put, registryNode, types } from './testkit';

let ada: Signer;
let eve: Signer;
beforeAll(async () => {
  [ada, eve] = await Promise.all([author('Ada'), author('Eve')]);
});

const NOTHING = { capabilities: [] };
const run = async (node: SovereignNode, input = 'x') =>
  call(node, 'RunSkill', { skill: 'weather', input_sha256: await put(node, utf8(input)) });
const trust = (node: SovereignNode) =>
  approved(node, () => call(node, 'TrustAuthor', { author: hex(ada.publicKey), trusted: true }));
const dataOf = async (node: SovereignNode, type: 'SKILL_INSTALLED' | 'SKILL_ROLLED_BACK'): Promise<JsonObject> =>
  (await call(node, 'ListEntries', { limit: 1, filter: { type } })).entries[0]!.entry.data;

describe('installing', () => {
  test('an unknown author is a question; the skill then runs with what was granted, and after a restart', async () => {
    const { node, runner, device } = await registryNode();
    const { address } = await brought(node, ada);
    const { id, done } = await asking(node, () => call(node, 'InstallSkill', { manifest: address }));
    const [pending] = await call(node, 'ListApprovals');
    expect(pending!.intent).toMatchObject({
      action: 'install_skill',
      args: { skill: 'weather', grants: ['http.fetch:api.example.org'], author: hex(ada.publicKey) },
      context: { trusted: false, new_grants: 1 },
    });
    await expect(run(node)).rejects.toMatchObject({ code: 'unknown_skill' });
    await call(node, 'DecideApproval', { id, verdict: 'yes' });
    const view = await done;
    expect(view).toMatchObject({ name: 'weather', installed: { pinned: false, refused: null } });
    expect(await run(node)).toMatchObject({ outcome: 'ok', text: 'done' });
    expect(runner.asked.at(-1)).toMatchObject({ grants: ['http.fetch:api.example.org'] });
    const { node: again, runner: next } = await registryNode(device);
    expect((await call(again, 'ListSkills')).map((s) => s.name)).toContain('weather');
    expect(await run(again)).toMatchObject({ outcome: 'ok' });
    expect(next.asked).toHaveLength(1);
    await again.stop();
  });

  test('a trusted author without new capabilities is installed without a question', async () => {
    const { node } = await registryNode();
    await trust(node);
    const { address } = await brought(node, ada, NOTHING);
    expect(await call(node, 'InstallSkill', { manifest: address })).toMatchObject({ grants: [] });
    expect(await call(node, 'ListAuthors')).toMatchObject([{ trusted: true, skills: ['weather'] }]);
    await node.stop();
  });

  test('fewer capabilities may be granted than asked for, but no others', async () => {
    const { node, runner } = await registryNode();
    await trust(node);
    const { address } = await brought(node, ada);
    const more = call(node, 'InstallSkill', { manifest: address, grants: ['mesh.send'] });
    await expect(approved(node, () => more)).rejects.toMatchObject({ code: 'grant_not_wanted' });
    await call(node, 'InstallSkill', { manifest: address, grants: [] });
    await run(node);
    expect(runner.asked.at(-1).grants).toEqual([]);
    await node.stop();
  });

  test('refused: a forged manifest, a module that is not there, a name of the build', async () => {
    const { node } = await registryNode();
    const { manifest, bytes } = await packageBy(ada);
    const alone = call(node, 'InstallSkill', { manifest: await put(node, bytes) });
    await expect(alone).rejects.toMatchObject({ code: 'not_found' });
    const forged = await put(node, utf8(new TextDecoder().decode(bytes).replace('Weather', 'Whether')));
    await brought(node, ada, { version: '0.1.0' });
    await expect(call(node, 'InspectPackage', { manifest: forged })).rejects.toMatchObject({ code: 'bad_signature' });
    await expect(call(node, 'InstallSkill', { manifest: forged })).rejects.toMatchObject({ code: 'bad_signature' });
    expect(manifest.name).toBe('weather');
    const { address } = await brought(node, ada, { name: 'hash-file' });
    expect((await call(node, 'InspectPackage', { manifest: address })).refused).toMatchObject({
      code: 'name_reserved',
    });
    const taken = approved(node, () => call(node, 'InstallSkill', { manifest: address }));
    await expect(taken).rejects.toMatchObject({ code: 'name_reserved' });
    await node.stop();
  });
});

describe('upgrading', () => {
  test('shows what changes, keeps the old, and rolls back to the very state that was, with proof', async () => {
    const { node, runner } = await registryNode();
    await trust(node);
    const one = await brought(node, ada, NOTHING);
    await call(node, 'InstallSkill', { manifest: one.address });
    const before = await dataOf(node, 'SKILL_INSTALLED');
    const two = await brought(node, ada, { version: '2.0.0' });
    const view = await call(node, 'InspectPackage', { manifest: two.address });
    expect(view).toMatchObject({ from: '1.0.0', gained: ['http.fetch:api.example.org'], lost: [], refused: null });
    // A trusted author, but a new capability: a question again.
    const upgraded = await approved(node, () => call(node, 'InstallSkill', { manifest: two.address }));
    expect(upgraded.installed!.versions.map((v) => [v.version, v.current])).toEqual([
      ['2.0.0', true],
      ['1.0.0', false],
    ]);
    await call(node, 'RollbackSkill', { skill: 'weather', to: one.address });
    const back = await dataOf(node, 'SKILL_ROLLED_BACK');
    expect(back['state_after']).toBe(before['state_after']);
    await run(node);
    expect(runner.asked.at(-1).grants).toEqual([]);
    // Forward again gains a capability again: a question.
    const forward = approved(node, () => call(node, 'RollbackSkill', { skill: 'weather', to: two.address }));
    expect(await forward).toMatchObject({ version: '2.0.0' });
    const report = await exported(node, await governanceKey(node));
    expect(report.problems).toEqual([]);
    await node.stop();
  });

  test('downgrade, other bytes of a version, another author, and a pinned skill are refused by name', async () => {
    const { node } = await registryNode();
    await trust(node);
    const { address } = await brought(node, ada, { ...NOTHING, version: '1.2.0' });
    await call(node, 'InstallSkill', { manifest: address });
    const refusal = async (signer: Signer, over: object): Promise<string | undefined> =>
      (await call(node, 'InspectPackage', { manifest: (await brought(node, signer, over)).address })).refused?.code;
    expect(await refusal(ada, { ...NOTHING, version: '1.1.0' })).toBe('not_newer');
    expect(await refusal(ada, { ...NOTHING, version: '1.2.0', title: 'Other' })).toBe('version_taken');
    expect(await refusal(eve, { ...NOTHING, version: '9.0.0' })).toBe('name_taken');
    await call(node, 'PinSkill', { skill: 'weather', pinned: true });
    const next = await brought(node, ada, { ...NOTHING, version: '1.3.0' });
    await expect(call(node, 'InstallSkill', { manifest: next.address })).rejects.toMatchObject({ code: 'pinned' });
    await call(node, 'PinSkill', { skill: 'weather', pinned: false });
    expect(await call(node, 'InstallSkill', { manifest: next.address })).toMatchObject({ version: '1.3.0' });
    await node.stop();
  });
});

describe('revoking', () => {
  test('a version stops where it runs and says why, is never run again, and the log holds it', async () => {
    const { node, runner, device } = await registryNode();
    const { address } = await installed(node, ada);
    const running = run(node, 'hang');
    running.catch(() => undefined);
    await runner.begun;
    const view = await call(node, 'RevokeSkill', { skill: 'weather', manifest: address, reason: 'It leaks.' });
    expect(view.installed!.refused).toMatchObject({ code: 'revoked', message: expect.stringContaining('It leaks.') });
    const why = { code: 'revoked', message: expect.stringContaining('It leaks.') };
    await expect(running).rejects.toMatchObject(why);
    await expect(run(node)).rejects.toMatchObject(why);
    // Nor as a module of the owner's own, under its hash.
    const own = asking(node, async () =>
      call(node, 'RunSkill', { skill: view.sha256, input_sha256: await put(node, utf8('x')) }),
    );
    const { id, done } = await own;
    await call(node, 'DecideApproval', { id, verdict: 'yes' });
    await expect(done).rejects.toMatchObject(why);
    expect(runner.asked).toHaveLength(1);
    const { node: again } = await registryNode(device);
    await expect(run(again)).rejects.toMatchObject(why);
    expect(await types(again)).toContain('SKILL_REVOKED');
    await again.stop();
  });

  test('a package around a module of the build: its own name runs no more, the build’s does', async () => {
    const { node, runner } = await registryNode();
    const bundled = (await call(node, 'ListSkills')).find(({ name }) => name === 'hash-file')!;
    const { sha256, bytes } = bundled;
    await put(node, readFileSync(`public/skills/${sha256}.wasm`));
    const { address } = await installed(node, eve, { ...NOTHING, sha256, bytes });
    expect(await run(node)).toMatchObject({ outcome: 'ok' });
    await call(node, 'RevokeSkill', { skill: 'weather', manifest: address, reason: 'Not hers.' });
    await expect(run(node)).rejects.toMatchObject({ code: 'revoked' });
    const input_sha256 = await put(node, utf8('x'));
    expect(await call(node, 'RunSkill', { skill: 'hash-file', input_sha256 })).toMatchObject({ outcome: 'ok' });
    expect(runner.asked).toHaveLength(2);
    await node.stop();
  });

  test('a newer version is the way out of a revoked one, with the same module too; the page and the run agree', async () => {
    const { node } = await registryNode();
    const one = await installed(node, ada, NOTHING);
    await call(node, 'RevokeSkill', { skill: 'weather', manifest: one.address, reason: 'Wrong manifest.' });
    await expect(run(node)).rejects.toMatchObject({ code: 'revoked' });
    await installed(node, ada, { ...NOTHING, version: '1.0.1' });
    const view = (await call(node, 'ListSkills')).find(({ name }) => name === 'weather');
    expect(view?.installed).toMatchObject({ refused: null });
    expect(await run(node)).toMatchObject({ outcome: 'ok' });
    await node.stop();
  });

  test('an author: everything of his', async () => {
    const { node } = await registryNode();
    await installed(node, ada);
    await installed(node, eve, { name: 'news' });
    const authors = await call(node, 'RevokeAuthor', { author: hex(ada.publicKey), reason: 'Key stolen.' });
    expect(authors.find((a) => a.key === hex(ada.publicKey))).toMatchObject({ revoked: 'Key stolen.', trusted: false });
    await expect(run(node)).rejects.toMatchObject({ code: 'author_revoked' });
    const other = await brought(node, ada, { name: 'other' });
    const view = await call(node, 'InspectPackage', { manifest: other.address });
    expect(view.refused).toMatchObject({ code: 'author_revoked' });
    const input_sha256 = await put(node, utf8('x'));
    expect(await call(node, 'RunSkill', { skill: 'news', input_sha256 })).toMatchObject({ outcome: 'ok' });
    await node.stop();
  });
});

describe('attacks', () => {
  test('a log whose registry was changed in a way that it does not allow halts the node', async () => {
    const device = new TestDevice();
    const { node } = await registryNode(device);
    await trust(node);
    await call(node, 'InstallSkill', { manifest: (await brought(node, ada, NOTHING)).address });
    await call(node, 'MakeCheckpoint');
    const log = new TextDecoder().decode(device.disk.readLog());
    device.disk.replaceLog(utf8(log.replace('"skill":"weather","state_after"', '"skill":"weathex","state_after"')));
    const { node: again } = await registryNode(device);
    expect((await call(again, 'GetStatus')).halt).toMatchObject({ code: 'log_broken' });
  });
});
