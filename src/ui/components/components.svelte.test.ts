import type { Component } from 'svelte';
import { describe, expect, test, vi } from 'vitest';
import { render } from 'vitest-browser-svelte';
import { page, userEvent } from 'vitest/browser';
import type { DocumentProblem } from '../../pipeline/types';
import type { EntryView } from '../../protocol/messages';
import { headMarks } from '../lib/heads';
import { realApp } from '../testing/bed';
import Bed from '../testing/Bed.svelte';
import Button from './Button.svelte';
import ChainStrip from './ChainStrip.svelte';
import CodeArea from './CodeArea.svelte';
import FilePick from './FilePick.svelte';
import Hash from './Hash.svelte';
import QrCode from './QrCode.svelte';
import StageGraph from './StageGraph.svelte';
import Term from './Term.svelte';

const HASH = '0123456789abcdef'.repeat(4);
const app = realApp();
const bed = <P extends Record<string, unknown>>(of: Component<P>, props: P) =>
  render(Bed as Component<{ app: typeof app; of: Component<P>; with: P }>, { app, of, with: props });

describe('Hash', () => {
  test('shows four and four, and the full value one click away', async () => {
    const screen = await bed(Hash, { value: HASH, label: 'root' });
    const value = screen.getByRole('button', { name: /^root/ });
    await expect.element(value).toHaveTextContent('0123…cdef');
    await value.click();
    await expect.element(value).toHaveTextContent(HASH);
    await expect.element(value).toHaveAttribute('aria-expanded', 'true');
  });
});

describe('CodeArea', () => {
  const yaml = 'name: a\nstages:\n  - oops\n';
  const problems: DocumentProblem[] = [{ line: 3, column: 5, message: 'a stage is a mapping' }];
  test('leads from a problem to its line and column', async () => {
    const screen = await bed(CodeArea, { value: yaml, label: 'YAML', problems });
    await screen.getByRole('button', { name: /3:5/ }).click();
    const area = screen.getByLabelText('YAML').element() as HTMLTextAreaElement;
    expect(document.activeElement).toBe(area);
    expect(area.selectionStart).toBe(yaml.indexOf('oops'));
    await expect.element(screen.getByLabelText('YAML')).toHaveAttribute('aria-invalid', 'true');
    expect(screen.container.querySelectorAll('.number.marked')).toHaveLength(1);
  });
  test('tells what is typed, and takes a new value from outside', async () => {
    const oninput = vi.fn();
    const screen = await bed(CodeArea, { value: 'a', label: 'YAML', oninput });
    await userEvent.fill(screen.getByLabelText('YAML'), 'a: 1\nb: 2');
    expect(oninput).toHaveBeenLastCalledWith('a: 1\nb: 2');
  });
});

describe('StageGraph', () => {
  const stages = ['a', 'b', 'c'].map((name, i) => ({
    name,
    type: 'promotion',
    needs: i > 0 ? [['a', 'b', 'c'][i - 1]!] : [],
    state: (['completed', 'running', 'waiting'] as const)[i]!,
    progress: { done: 1, total: 2, what: 'x' },
  }));
  test('each stage says its state in a word, and can be chosen by keyboard', async () => {
    const onselect = vi.fn();
    const screen = await bed(StageGraph, { stages, selected: 'b', onselect });
    await expect.element(screen.getByRole('button', { name: /^a .*Done/ })).toBeVisible();
    const running = screen.getByRole('button', { name: /^b .*Running/ });
    await expect.element(running).toHaveAttribute('aria-pressed', 'true');
    (running.element() as HTMLElement).focus();
    await userEvent.keyboard('{Enter}');
    expect(onselect).toHaveBeenCalledWith('b');
  });
  test('stands down a phone without a horizontal scroll', async () => {
    await page.viewport(360, 740);
    const screen = await bed(StageGraph, { stages });
    await expect.element(screen.getByText('Waiting')).toBeVisible();
    const tops = [...screen.container.querySelectorAll('li')].map((li) => li.getBoundingClientRect().top);
    expect(tops).toEqual([...tops].sort((a, b) => a - b));
    expect(new Set(tops).size).toBe(3);
    expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(360);
    await page.viewport(1280, 800);
  });
});

describe('ChainStrip', () => {
  const entries = [7, 8, 9].map((seq): EntryView => ({
    entry: {
      v: 1,
      seq,
      ts: '',
      type: seq === 8 ? 'EXECUTION_BLOCKED' : 'NODE_STARTED',
      severity: seq === 8 ? 'WARNING' : 'INFO',
      prev: '',
      data: {},
    },
    line: '',
    hash: HASH,
  }));
  const heads = { signed: 10, witnesses: 2, seen: [{ size: 9, seen: [{ witness: 'tower', time: 1_800_000_000 }] }] };
  test('one stop for Tab, arrows inside', async () => {
    const onselect = vi.fn();
    const screen = await bed(ChainStrip, { entries, marks: headMarks(heads), selected: undefined, onselect });
    expect(screen.container.querySelectorAll('button[tabindex="0"]')).toHaveLength(1);
    (screen.getByRole('button', { name: /Entry 9/ }).element() as HTMLElement).focus();
    await userEvent.keyboard('{ArrowLeft}');
    expect(onselect).toHaveBeenCalledWith(8);
    await expect.element(screen.getByRole('button', { name: /Entry 8, EXECUTION_BLOCKED, warning/ })).toHaveFocus();
  });
  test('heads are named with their witnesses, and the tail is said to be not witnessed', async () => {
    const onselect = vi.fn();
    const screen = await bed(ChainStrip, {
      entries,
      marks: headMarks(heads),
      witnessed: 9 as number | undefined,
      onselect,
    });
    const text = screen.container.textContent;
    expect(text).toMatch(/Checkpoint over 9 entries, witnessed by tower, .*2027/);
    expect(text).toContain('Signed checkpoint over 10 entries, not witnessed yet');
    expect(screen.container.querySelectorAll('.tail')).toHaveLength(1);
    await expect
      .element(screen.getByRole('button', { name: 'Entry 9, NODE_STARTED, not witnessed yet' }))
      .toBeVisible();
    await expect.element(screen.getByRole('button', { name: 'Entry 7, NODE_STARTED', exact: true })).toBeVisible();
    await screen.rerender({ with: { entries, marks: headMarks(heads), witnessed: undefined, onselect } });
    expect(screen.container.querySelectorAll('.tail')).toHaveLength(0);
  });
});

describe('QrCode', () => {
  test('what is drawn is what is read', async () => {
    const text = `c2sp.org/tlog-proof@v1\n${'0123456789 — 木\n'.repeat(60)}`;
    const screen = await bed(QrCode, { text, label: 'QR of a proof' });
    const svg = screen.getByRole('img', { name: 'QR of a proof' });
    await expect.element(svg).toBeVisible();
    expect(await readQr(svg.element() as unknown as SVGSVGElement)).toBe(text);
  });
  test('what does not fit is said in words', async () => {
    const screen = await bed(QrCode, { text: 'x'.repeat(2_954), label: 'too long' });
    await expect.element(screen.getByText('This does not fit into a QR code')).toBeVisible();
    expect(screen.container.querySelector('svg[role="img"]')).toBeNull();
    const most = await bed(QrCode, { text: 'x'.repeat(2_953), label: 'just fits' });
    await expect.element(most.getByRole('img', { name: 'just fits' })).toBeVisible();
  });

  /** Reads the picture itself, as a camera would. */
  async function readQr(svg: SVGSVGElement): Promise<string> {
    const { default: decodeQR } = await import('qr/decode.js');
    const side = svg.viewBox.baseVal.width * 4;
    const context = new OffscreenCanvas(side, side).getContext('2d')!;
    context.fillStyle = getComputedStyle(svg.querySelector('rect')!).fill;
    context.fillRect(0, 0, side, side);
    context.scale(4, 4);
    context.fillStyle = getComputedStyle(svg.querySelector('path')!).fill;
    context.fill(new Path2D(svg.querySelector('path')!.getAttribute('d')!));
    return decodeQR(context.getImageData(0, 0, side, side));
  }
});

describe('Term', () => {
  test('explains itself on focus, and Escape takes it away', async () => {
    const screen = await bed(Term, { name: 'checkpoint' });
    const tip = screen.getByRole('tooltip', { includeHidden: true });
    await expect.element(tip).not.toBeVisible();
    await userEvent.tab();
    await expect.element(tip).toBeVisible();
    await userEvent.keyboard('{Escape}');
    await expect.element(tip).not.toBeVisible();
  });
});

describe('FilePick', () => {
  test('takes a chosen and a dropped file', async () => {
    const onpick = vi.fn<(file: File) => void>();
    const screen = await bed(FilePick, { label: 'Choose', onpick });
    const file = new File(['x'], 'a.zip');
    await userEvent.upload(screen.getByLabelText('Choose'), file);
    expect(onpick.mock.lastCall?.[0].name).toBe('a.zip');
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['y'], 'b.zip'));
    screen.container
      .querySelector('.pick')!
      .dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    expect(onpick.mock.lastCall?.[0].name).toBe('b.zip');
  });
});

describe('Button', () => {
  test('a press while busy does nothing, and it keeps its focus', async () => {
    const onclick = vi.fn();
    const { createRawSnippet } = await import('svelte');
    const children = createRawSnippet(() => ({ render: () => '<span>Save</span>' }));
    const screen = await render(Button, { busy: true, onclick, children });
    const button = screen.getByRole('button');
    (button.element() as HTMLElement).focus();
    await userEvent.keyboard('{Enter}');
    expect(onclick).not.toHaveBeenCalled();
    await expect.element(button).toHaveFocus();
    await expect.element(button).toHaveAttribute('aria-busy', 'true');
  });

  test('a form whose button is busy is not sent again, by the button or by Enter in a field', async () => {
    const { createRawSnippet } = await import('svelte');
    const children = createRawSnippet(() => ({ render: () => '<span>Save</span>' }));
    const screen = await render(Button, { type: 'submit', busy: true, children });
    const button = screen.getByRole('button').element() as HTMLButtonElement;
    const form = document.createElement('form');
    const field = document.createElement('input');
    const sent = vi.fn((event: SubmitEvent) => event.preventDefault());
    form.addEventListener('submit', sent);
    button.replaceWith(form);
    form.append(field, button);
    button.click();
    field.focus();
    await userEvent.keyboard('{Enter}');
    expect(sent).not.toHaveBeenCalled();
    await screen.rerender({ busy: false });
    button.click();
    expect(sent).toHaveBeenCalledOnce();
  });
});
