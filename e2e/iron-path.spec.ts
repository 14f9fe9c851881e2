import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from './lib/fixtures';
import { call, joinNode, openApp } from './lib/node';
import { save } from './lib/save';

let scratch = '';
test.beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'sovereign-e2e-'));
});
test.afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Home → run → approve, by clicks, until the evidence can be taken. */
async function runToEvidence(page: Page): Promise<string> {
  await openApp(page);
  await page.getByRole('button', { name: 'Run the Iron Path' }).click();
  await expect(page.getByText('Needs you').first()).toBeVisible();
  await page
    .getByRole('navigation')
    .getByRole('link', { name: /Approvals/ })
    .first()
    .click();
  await expect(page.getByText('put a model into “production”')).toBeVisible();
  await page.getByRole('button', { name: 'Yes, allow once' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Home' }).first().click();
  const link = page.getByRole('button', { name: 'Download the evidence' });
  await expect(link).toBeVisible();
  return save(page, link, join(scratch, 'bundle.zip'));
}

async function saveKey(page: Page): Promise<string> {
  await page.getByRole('navigation').getByRole('link', { name: 'Settings' }).first().click();
  const button = page.getByRole('button', { name: /governance\.pub\.pem/ });
  return save(page, button, join(scratch, 'governance.pub.pem'));
}

const verify = (...args: string[]): { code: number; out: string } => {
  try {
    return { code: 0, out: execFileSync('bash', args, { encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: string };
    return { code: status, out: stdout };
  }
};

test('first run to verified bundle, by clicks', async ({ page }) => {
  const zip = await runToEvidence(page);
  const pem = await saveKey(page);
  await page.getByRole('navigation').getByRole('link', { name: 'Verify' }).first().click();
  await page.locator('input[type=file]').first().setInputFiles(zip);
  await expect(page.getByText('Intact, but nobody vouches for it')).toBeVisible();
  await page.getByRole('textbox').first().fill(readFileSync(pem, 'utf8'));
  await page.getByRole('button', { name: 'Check with these' }).click();
  await expect(page.getByText('Whole, and signed by the key you pinned.')).toBeVisible();
});

test('verify.sh passes on the exported bundle, and fails when a byte of any file is flipped', async ({ page }) => {
  const zip = await runToEvidence(page);
  const pem = await saveKey(page);
  const directory = join(scratch, 'bundle');
  execFileSync('unzip', ['-q', zip, '-d', directory]);
  const script = join(directory, 'verify.sh');
  const clean = verify(script, pem);
  expect(clean.code, clean.out).toBe(0);
  for (const file of filesIn(directory)) {
    const bytes = readFileSync(file);
    const flipped = Buffer.from(bytes);
    const at = Math.floor(bytes.length / 2);
    flipped[at]! ^= 1;
    writeFileSync(file, flipped);
    expect(verify(script, pem).code, `${file} flipped at ${String(at)}`).not.toBe(0);
    writeFileSync(file, bytes);
  }
});

test('the same inputs give byte-identical models in every browser', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  await page.getByRole('button', { name: 'Run the Iron Path' }).click();
  await expect(page.getByText('Needs you').first()).toBeVisible();
  const [run] = await call(page, 'ListRuns');
  const model = run!.stages.find((stage) => stage.type === 'model_training')!;
  expect(model.sha256).toBe(readFileSync('e2e/model.sha256', 'utf8').trim());
});

test('reload in the middle of a run, then resume to the end', async ({ page }) => {
  await openApp(page);
  await page.getByRole('button', { name: 'Run the Iron Path' }).click();
  await expect(page.getByText('Needs you').first()).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: 'Resume the run' }).click();
  await page
    .getByRole('navigation')
    .getByRole('link', { name: /Approvals/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Yes, allow once' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Home' }).first().click();
  await expect(page.getByRole('button', { name: 'Download the evidence' })).toBeVisible();
  await joinNode(page);
  const [run] = await call(page, 'ListRuns');
  expect(run!.state).toBe('completed');
  // The three stages before the reload were not done again.
  const { entries } = await call(page, 'ListEntries', { limit: 500, filter: { type: 'STAGE_STARTED' } });
  const started = entries.map(({ entry }) => entry.data['stage']);
  expect(started.filter((stage) => stage === 'train')).toHaveLength(1);
});

test('a refused promotion ends the run with evidence of that', async ({ page }) => {
  await openApp(page);
  await joinNode(page);
  await page.getByRole('button', { name: 'Run the Iron Path' }).click();
  await expect(page.getByText('Needs you').first()).toBeVisible();
  await page
    .getByRole('navigation')
    .getByRole('link', { name: /Approvals/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'No, refuse' }).click();
  await expect.poll(async () => (await call(page, 'ListRuns'))[0]!.state).toBe('failed');
  const { entries } = await call(page, 'ListEntries', { limit: 10, filter: { type: 'EXECUTION_BLOCKED' } });
  expect(entries[0]!.entry.data).toMatchObject({ code: 'approval_refused', action: 'promote' });

  // Thought better of: it goes on from there, and asks again.
  const [run] = await call(page, 'ListRuns');
  await page.goto(`/#/pipelines/run/${run!.id}`);
  await page.getByRole('button', { name: 'Try again from “promote”' }).click();
  await expect(page.getByText('Needs you').first()).toBeVisible();
  await page.goto('/#/approvals');
  await page.getByRole('button', { name: 'Yes, allow once' }).click();
  await expect.poll(async () => (await call(page, 'ListRuns'))[0]!.state).toBe('completed');
  expect(await call(page, 'ListRuns')).toHaveLength(1);
});

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .sort();
}
