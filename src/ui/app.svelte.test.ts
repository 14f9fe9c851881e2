import { beforeAll, describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { userEvent } from 'vitest/browser';
import AppView from './App.svelte';
import type { App } from './state/app.svelte';
import { Update } from './state/update.svelte';
import { realApp } from './testing/bed';

// The real node boots, trains and signs here; a machine under load takes its time.
const PATIENT = { timeout: 120_000 };
let app: App;
const open = () => render(AppView, { app, update: new Update() });

beforeAll(() => {
  location.hash = '#/';
  app = realApp();
});

describe('the window, with the real node behind it', () => {
  test('the tour: run, watch, approve, take the evidence, see it verified', async () => {
    const screen = await open();
    await screen.getByRole('button', { name: 'Run the Iron Path' }).click(PATIENT);
    await screen.getByRole('link', { name: 'Look at the request' }).click(PATIENT);
    await expect.element(screen.getByRole('heading', { name: /wants to put a model into/ }), PATIENT).toBeVisible();

    await screen.getByRole('button', { name: 'Always allow' }).click();
    await expect.element(screen.getByText(/Added by the owner's 'always'/), PATIENT).toBeVisible();
    await screen.getByRole('button', { name: 'Cancel' }).click();

    await screen.getByRole('button', { name: 'Yes, allow once' }).click();
    await screen.getByRole('link', { name: 'See the run' }).click(PATIENT);
    await screen.getByRole('button', { name: 'Verify it now' }).click(PATIENT);
    const seal = screen.getByRole('button', { name: /^Verified/ });
    await expect.element(seal, PATIENT).toBeVisible();
    await seal.click();
    await expect.element(screen.getByRole('dialog')).toHaveTextContent(/Integrity\s*Passed/);
    await expect.element(screen.getByRole('dialog')).toHaveTextContent(/One history\s*Not known/);
    await userEvent.keyboard('{Escape}');
    await expect.element(screen.getByRole('dialog')).not.toBeInTheDocument();
  });

  test('a text with an error says where, cannot be run, and is kept', async () => {
    location.hash = '#/pipelines/doc/iron-path';
    const screen = await open();
    const area = screen.getByLabelText('Pipeline in YAML');
    await expect.element(area, PATIENT).toBeVisible();
    const yaml = (area.element() as HTMLTextAreaElement).value;
    await userEvent.fill(area, yaml.replace('quorum: 2', 'quorum: two'));
    const line = yaml.slice(0, yaml.indexOf('quorum: 2')).split('\n').length;
    await expect.element(screen.getByRole('button', { name: new RegExp(`^${line}:`) }), PATIENT).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Run', exact: true })).toBeDisabled();
    await screen.unmount();

    const again = await open();
    await expect
      .element(again.getByLabelText('Pipeline in YAML'), PATIENT)
      .toHaveValue(yaml.replace('quorum: 2', 'quorum: two'));
    await again.getByRole('button', { name: 'Undo my changes' }).click();
    await expect.element(again.getByRole('button', { name: 'Run', exact: true }), PATIENT).toBeEnabled();
  });

  test('a picked CSV puts its fingerprint into the YAML, where it can be seen', async () => {
    location.hash = '#/pipelines/doc/iron-path';
    const screen = await open();
    const pick = screen.getByLabelText('Use your own CSV file');
    await expect.element(pick, PATIENT).toBeInTheDocument();
    await userEvent.upload(pick, new File(['a,b\n1,2\n'], 'mine.csv'));
    const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('a,b\n1,2\n'));
    const digest = [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join('');
    await expect
      .poll(() => (screen.getByLabelText('Pipeline in YAML').element() as HTMLTextAreaElement).value, PATIENT)
      .toContain(`sha256: ${digest}`);
    await screen.getByRole('button', { name: 'Undo my changes' }).click();
  });

  test('a run of a skill is made again from its entry', async () => {
    const filter = { type: 'EXECUTION_COMPLETED', text: '"execution":{' } as const;
    const { entries } = await app.client.call('ListEntries', { limit: 1, filter });
    location.hash = `#/audit/${entries[0]!.entry.seq}`;
    const screen = await open();
    await screen.getByRole('button', { name: 'Replay' }).click(PATIENT);
    await expect.element(screen.getByText(/^Run again from what this entry records/), PATIENT).toBeVisible();
  });

  test('the log verifies, and an entry opens in full by keyboard', async () => {
    location.hash = '#/audit';
    const screen = await open();
    await screen.getByRole('button', { name: 'Verify now' }).click(PATIENT);
    await expect.element(screen.getByText('chain, tree and checkpoint hold'), PATIENT).toBeVisible();
    const genesis = screen.getByRole('button', { name: /^Entry 0, GENESIS/ });
    (genesis.element() as HTMLElement).focus();
    await userEvent.keyboard('{ArrowRight}');
    await expect.element(screen.getByRole('heading', { name: 'Entry 1' }), PATIENT).toBeVisible();
  });

  test('a policy that does not parse says the line and cannot be signed', async () => {
    location.hash = '#/policies';
    const screen = await open();
    const area = screen.getByLabelText('Policies (Cedar)');
    await expect.element(area, PATIENT).toBeVisible();
    await userEvent.fill(area, 'permit (principal, action, resource);\npermit (oops);\n');
    await expect.element(screen.getByRole('button', { name: /^2:/ }).first(), PATIENT).toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Review and sign' })).toBeDisabled();
    await screen.getByRole('button', { name: 'Undo my changes' }).click();
  });

  test('garbage on the Verify page is refused with what was not lost', async () => {
    location.hash = '#/verify';
    const screen = await open();
    const pick = screen.getByLabelText(/^Drop a bundle here/);
    await expect.element(pick, PATIENT).toBeInTheDocument();
    await userEvent.upload(pick, new File(['this is no zip'], 'bundle.zip'));
    await expect.element(screen.getByRole('alert'), PATIENT).toHaveTextContent(/could not be checked/);
    await expect.element(screen.getByRole('alert')).toHaveTextContent(/was not changed/);
  });

  test('a file that is no module is refused with the reason', async () => {
    location.hash = '#/skills';
    const screen = await open();
    const pick = screen.getByLabelText('Drop a .wasm file here, or choose one');
    await expect.element(pick, PATIENT).toBeInTheDocument();
    await userEvent.upload(pick, new File(['not wasm'], 'x.wasm'));
    await expect.element(screen.getByRole('alert'), PATIENT).toHaveTextContent(/not_wasm/);
  });

  test('keys lead everywhere: shortcuts, palette, help', async () => {
    location.hash = '#/';
    const screen = await open();
    // The second key must follow soon (`SEQUENCE_MS`): where a busy machine is later, both are pressed again.
    await expect
      .poll(async () => {
        await userEvent.keyboard('gs');
        return location.hash;
      })
      .toBe('#/skills');
    await expect.element(screen.getByRole('heading', { name: 'Skills', level: 1 }), PATIENT).toBeVisible();
    await userEvent.keyboard('{Control>}k{/Control}');
    await userEvent.fill(screen.getByRole('combobox'), 'audit');
    await userEvent.keyboard('{Enter}');
    await expect.element(screen.getByRole('heading', { name: 'Audit', level: 1 }), PATIENT).toBeVisible();
    await userEvent.keyboard('?');
    await expect.element(screen.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  });
});
