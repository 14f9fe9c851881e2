/** Three people's devices: three browsers with profiles of their own, and a relay that is a process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { sha256Hex } from '../src/crypto';
import { allDirect, createMesh, Device, pair } from './lib/device';
import { call, exported } from './lib/node';
import { askMembers, install, installSkill } from './lib/packages';
import { RelayProcess } from './lib/relay';
import { save } from './lib/save';
import { verify } from './lib/verify';

test('@chromium invite, join, link directly, witness, approve from another device, fetch', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'sovereign-e2e-'));
  const relay = await RelayProcess.start();
  const devices = await Promise.all(['Desktop', 'Phone', 'Laptop'].map((name) => Device.start(name, relay.origin)));
  const [desktop, phone, laptop] = devices as [Device, Device, Device];
  try {
    await test.step('two devices pair by a link, and both owners compare the words', async () => {
      await createMesh(desktop);
      await pair(desktop, phone);
      await allDirect([desktop, phone]);
    });

    await test.step('a promotion on the desktop waits for a person, who says yes on the phone', async () => {
      await desktop.card(phone).getByLabel('May control this node').check();
      await desktop.show('Home');
      await desktop.page.getByRole('button', { name: 'Run the Iron Path' }).click();
      await expect(desktop.page.getByText('Needs you').first()).toBeVisible();
      await phone.show('Approvals');
      const asked = phone.page.getByRole('article', { name: /^Desktop: / });
      await expect(asked).toContainText('“production”');
      await asked.getByRole('button', { name: 'Yes, allow once' }).click();
      await expect(desktop.page.getByRole('button', { name: 'Download the evidence' })).toBeVisible();
      // It is over on the phone as well, and the desktop's log has the phone's own signature.
      await expect(asked).toHaveCount(0);
      const { key } = (await desktop.sees(phone))!;
      const { entries } = await call(desktop.page, 'ListEntries', { limit: 9, filter: { type: 'APPROVAL_DECIDED' } });
      const signed = entries.map(({ entry }) => (entry.data['approval'] as { approver: string }).approver);
      expect(signed).toEqual([sha256Hex(Buffer.from(key, 'hex'))]);
    });

    await test.step('the bundle of that run verifies, and one exported carries the cosignature of the phone', async () => {
      const button = desktop.page.getByRole('button', { name: 'Download the evidence' });
      const zip = await save(desktop.page, button, join(scratch, 'bundle.zip'));
      await desktop.show('Settings');
      const pem = desktop.page.getByRole('button', { name: /governance\.pub\.pem/ });
      const key = await save(desktop.page, pem, join(scratch, 'governance.pub.pem'));
      const { peer } = (await desktop.sees(phone))!;
      const { witnesses } = await call(desktop.page, 'Witnesses');
      const { vkey } = witnesses.find(({ url }) => url === `mesh://${peer}`)!;
      const policy = join(scratch, 'policy.txt');
      writeFileSync(policy, `witness phone ${vkey}\nquorum phone\n`);
      expect(verify(zip, '--key', key).report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass' });
      // An export waits for its witnesses only so long.
      await expect(async () => {
        const fresh = join(scratch, 'fresh.zip');
        writeFileSync(fresh, await exported(desktop.page));
        const { code, report } = verify(fresh, '--key', key, '--witness-policy', policy);
        expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'pass', nonEquivocation: 'pass' });
        expect(code).toBe(0);
      }).toPass();
    });

    await test.step('a third one joins, and every two are linked directly', async () => {
      await pair(desktop, laptop);
      await allDirect(devices);
    });

    await test.step('gossip tells everybody how far each log is', async () => {
      for (const teller of devices) {
        const { size } = await call(teller.page, 'MakeCheckpoint');
        for (const hearer of devices.filter((one) => one !== teller)) {
          await hearer.show('Mesh');
          await expect.poll(async () => (await hearer.sees(teller))?.head?.size ?? 0).toBeGreaterThanOrEqual(size);
          const { head } = (await hearer.sees(teller))!;
          await expect(hearer.card(teller)).toContainText(/\d+ entries/);
          expect(head?.forked).toBe(false);
        }
      }
    });

    await test.step('a skill is installed by its hash alone, from a member that has it', async () => {
      await desktop.show('Skills');
      const manifest = await installSkill(desktop, 'almanac', 1 << 20);
      await laptop.show('Skills');
      await askMembers(laptop.page, manifest);
      await install(laptop.page, 'almanac');
      const { entries } = await call(laptop.page, 'ListEntries', {
        limit: 50,
        filter: { type: 'EXECUTION_COMPLETED' },
      });
      const results = entries.map(({ entry }) => entry.data['result'] as { from?: string[] } | null);
      const { peer } = (await laptop.sees(desktop))!;
      // The manifest and the module, each of whom it came from.
      expect(results.flatMap((result) => (result?.from ? [result.from] : []))).toEqual([[peer], [peer]]);
    });

    await test.step('a skill runs on another member only when that lets it, is proven, and made again here', async () => {
      const { page } = laptop;
      const { peer: asker } = (await desktop.sees(laptop))!;
      const blocked = async () => {
        const filter = { type: 'EXECUTION_BLOCKED' } as const;
        const { entries } = await call(desktop.page, 'ListEntries', { limit: 9, filter });
        return entries.map(({ entry }) => entry.data['principal']);
      };
      expect(await blocked()).toEqual([]);
      await page.goto(`${relay.origin}/#/skills/csv-query`);
      await page.getByLabel('Run it on').selectOption({ label: 'Desktop' });
      await page.getByRole('button', { name: 'Fill in an example' }).click();
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await expect(page.getByRole('alert')).toBeVisible();
      expect(await blocked()).toEqual([{ type: 'Member', id: asker }]);

      await desktop.show('Mesh');
      await desktop.card(laptop).getByLabel('May run skills here').check();
      const proof = page.getByRole('region', { name: 'Proof of the other device' });
      await expect(async () => {
        // The right is in force once the desktop has logged it.
        await page.getByRole('button', { name: 'Run', exact: true }).click();
        await expect(proof.getByText('Desktop ran it.')).toBeVisible({ timeout: 20_000 });
      }).toPass();
      await proof.getByRole('button', { name: 'Run again here and compare' }).click();
      await expect(proof.getByText(/the same outcome, .* gas, the same calls, output and memory/)).toBeVisible();
    });
    expect(devices.flatMap(({ violations }) => violations)).toEqual([]);
    expect(devices.flatMap(({ errors }) => errors)).toEqual([]);
  } finally {
    await Promise.all(devices.map((device) => device.remove()));
    await relay.remove();
    rmSync(scratch, { recursive: true, force: true });
  }
});
