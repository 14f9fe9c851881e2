import type { Component } from 'svelte';
import { describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { userEvent } from 'vitest/browser';
import log from '../../../../docs/vectors/seed/immutable_audit.jsonl?raw';
import { realApp } from '../../testing/bed';
import Bed from '../../testing/Bed.svelte';
import Verify from './Verify.svelte';

const app = realApp();
const open = () =>
  render(Bed as Component<{ app: typeof app; of: typeof Verify; with: object }>, { app, of: Verify, with: {} });
const PATIENT = { timeout: 30_000 };

describe('the Verify page, with the real verifier in its worker', () => {
  test('five verdicts with their reasons; what is unknown says what is missing', async () => {
    const screen = await open();
    await userEvent.upload(screen.getByLabelText(/^Drop a bundle here/), new File([log], 'immutable_audit.jsonl'));
    await expect.element(screen.getByRole('heading', { name: /^Intact, but nobody/ }), PATIENT).toBeVisible();
    for (const name of ['Integrity', 'Authenticity', 'One history', 'Time', 'Decisions replayed'])
      await expect.element(screen.getByRole('heading', { name, level: 3 })).toBeVisible();
    await expect.element(screen.getByRole('link', { name: /sovereign-verify\.mjs/ })).toHaveAttribute('download');
  });

  test('each thing from elsewhere is asked for, and refused by name when it is not that', async () => {
    const screen = await open();
    const check = screen.getByRole('button', { name: 'Check with these' });
    await expect.element(check).toBeDisabled();
    await userEvent.upload(screen.getByLabelText(/^Drop a bundle here/), new File([log], 'immutable_audit.jsonl'));
    await expect.element(screen.getByRole('heading', { name: /^Intact, but nobody/ }), PATIENT).toBeVisible();
    await userEvent.fill(screen.getByLabelText('Owner’s public key (PEM)'), 'hello');
    await check.click();
    await expect.element(screen.getByRole('alert'), PATIENT).toHaveTextContent(/not an Ed25519 public key/);
    await userEvent.fill(screen.getByLabelText('Owner’s public key (PEM)'), '');
    await expect.element(check).toBeDisabled();
    for (const label of ['Witnesses that you trust', 'Older checkpoint of this log'])
      await expect.element(screen.getByLabelText(label)).toBeVisible();
  });

  test('a long check can be stopped, and then decides nothing', async () => {
    const screen = await open();
    const data = new DataTransfer();
    data.items.add(
      new File(
        Array.from({ length: 40_000 }, () => log),
        'immutable_audit.jsonl',
      ),
    );
    const drop = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
    screen
      .getByLabelText(/^Drop a bundle here/)
      .element()
      .dispatchEvent(drop);
    await screen.getByRole('button', { name: 'Stop' }).click();
    await expect.element(screen.getByText(/The check was stopped/), PATIENT).toBeVisible();
    expect(screen.getByRole('heading', { name: 'Integrity' }).query()).toBeNull();
  });
});
