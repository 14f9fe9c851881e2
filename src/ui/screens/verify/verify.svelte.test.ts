import type { Component } from 'svelte';
import { describe, expect, test } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { userEvent } from 'vitest/browser';
import vectors from '../../../../docs/vectors/entry-proof.json';
import log from '../../../../docs/vectors/seed/immutable_audit.jsonl?raw';
import { realApp } from '../../testing/bed';
import Bed from '../../testing/Bed.svelte';
import Disclosed from './Disclosed.svelte';
import Verify from './Verify.svelte';

const app = realApp();
const open = () =>
  render(Bed as Component<{ app: typeof app; of: typeof Verify; with: object }>, { app, of: Verify, with: {} });
const PATIENT = { timeout: 120_000 };
type Screen = Awaited<ReturnType<typeof open>>;

function drop(screen: Screen, ...files: readonly File[]): void {
  const data = new DataTransfer();
  for (const file of files) data.items.add(file);
  const event = new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true });
  screen
    .getByLabelText(/^Drop a bundle here/)
    .element()
    .dispatchEvent(event);
}
/** Takes so long to check, some ten seconds, that something can be done meanwhile on any machine. */
const long = (): File =>
  new File(
    Array.from({ length: 120_000 }, () => log),
    'immutable_audit.jsonl',
  );

describe('the Verify page, with the real verifier in its worker', () => {
  test('six verdicts with their reasons; what is unknown says what is missing', async () => {
    const screen = await open();
    await userEvent.upload(screen.getByLabelText(/^Drop a bundle here/), new File([log], 'immutable_audit.jsonl'));
    await expect.element(screen.getByRole('heading', { name: /^Intact, but nobody/ }), PATIENT).toBeVisible();
    for (const name of ['Integrity', 'Authenticity', 'One history', 'Time', 'Decisions replayed', 'Runs replayed'])
      await expect.element(screen.getByRole('heading', { name, level: 3 })).toBeVisible();
  });

  test('says that the verifier in one file is not there, where it was not built', async () => {
    const screen = await open();
    await screen.getByRole('button', { name: 'Download sovereign-verify.mjs' }).click();
    await expect.element(screen.getByRole('alert')).toHaveTextContent('The server does not have it.');
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
    await userEvent.fill(screen.getByLabelText(/^Certificate of a time-stamping authority/), 'hello');
    await expect.element(check).toBeEnabled();
  });

  test('a proof asks for its entry, then for the log’s key; another entry is not in the log', async () => {
    const screen = await open();
    const [one, other] = vectors.proofs;
    const pick = screen.getByLabelText(/^Drop a bundle here/);
    await userEvent.upload(pick, new File([one!.proof], '0.tlog-proof'));
    await expect.element(screen.getByText(/^This is a proof\./)).toBeVisible();
    await userEvent.upload(screen.getByLabelText('Choose the entry'), new File([one!.entry], '0.entry.json'));
    await expect.element(screen.getByRole('heading', { name: /^In a log, but nobody/ }), PATIENT).toBeVisible();
    await expect.element(screen.getByLabelText('The entry', { exact: true })).toHaveTextContent(/"note": "ä/);
    expect(screen.getByText(/^This is a proof\./).query()).toBeNull();
    expect(screen.getByLabelText('Older checkpoint of this log').query()).toBeNull();
    await userEvent.fill(screen.getByLabelText('Key of the log'), vectors.log_vkey);
    await userEvent.fill(screen.getByLabelText('Witnesses that you trust'), vectors.witness_policy);
    await screen.getByRole('button', { name: 'Check with these' }).click();
    await expect.element(screen.getByRole('heading', { name: 'Verified' }), PATIENT).toBeVisible();
    await expect.element(screen.getByText(/^Seen by w1\.example/)).toBeVisible();
    await userEvent.upload(pick, new File([other!.entry], '1.entry.json'));
    await expect.element(screen.getByRole('heading', { name: 'Not verified' }), PATIENT).toBeVisible();
    expect(screen.getByLabelText('The entry', { exact: true }).query()).toBeNull();
  });

  test('a proof and its entry may be dropped together, the entry first', async () => {
    const screen = await open();
    const { entry, proof } = vectors.proofs[0]!;
    drop(screen, new File([entry], '0.entry.json'), new File([proof], '0.tlog-proof'));
    await expect.element(screen.getByRole('heading', { name: /^In a log, but nobody/ }), PATIENT).toBeVisible();
    await expect.element(screen.getByText(/0\.tlog-proof and 0\.entry\.json/)).toBeVisible();
  });

  test('personal fields that a bundle shows are listed, whatever they hold', async () => {
    const fields = [
      { seq: 7, type: 'APPROVAL_DECIDED', pointer: '/data/note', value: '<b>Yearly</b> change' },
      { seq: 9, type: 'TRUSTEES_SET', pointer: '/data/trustees/trustees/0/name', value: { given: 'Ada' } },
    ];
    const screen = await render(Disclosed, { fields });
    await expect.element(screen.getByText('<b>Yearly</b>')).toBeVisible();
    await expect.element(screen.getByText('Note on an approval, entry 7')).toBeVisible();
    await expect.element(screen.getByText('{"given":"Ada"}')).toBeVisible();
  });

  test('what is given while something else is checked is what the report is of', async () => {
    const screen = await open();
    const pick = screen.getByLabelText(/^Drop a bundle here/);
    drop(screen, long());
    await expect.element(screen.getByRole('button', { name: 'Stop' })).toBeVisible();
    await userEvent.upload(pick, new File([vectors.proofs[0]!.proof], '0.tlog-proof'));
    await userEvent.upload(screen.getByLabelText('Choose the entry'), new File([vectors.proofs[0]!.entry], 'entry'));
    await userEvent.upload(screen.getByLabelText('Choose log.vkey'), new File([vectors.log_vkey], 'log.vkey'));
    await expect.element(screen.getByRole('heading', { name: 'Verified' }), PATIENT).toBeVisible();
    await expect.element(screen.getByText('0.tlog-proof and entry', { exact: false }).first()).toBeVisible();
    expect(screen.getByText(/The check was stopped/).query()).toBeNull();
  });

  test('a long check can be stopped, and then decides nothing', async () => {
    const screen = await open();
    drop(screen, long());
    await screen.getByRole('button', { name: 'Stop' }).click();
    await expect.element(screen.getByText(/The check was stopped/), PATIENT).toBeVisible();
    expect(screen.getByRole('heading', { name: 'Integrity' }).query()).toBeNull();
  });
});
