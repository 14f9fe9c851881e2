import { readdirSync } from 'node:fs';
import type { Page } from '@playwright/test';
import type { Params, RequestName, Result } from '../../src/protocol/messages';

/** The SharedWorker's script as built: a test talks to the very worker that the tabs use. */
function workerScript(): string {
  const name = readdirSync('dist/app/assets').find((file) => /^node\.shared-[\w-]+\.js$/.test(file));
  if (name === undefined) throw new Error('dist/app has no node worker: run npm run build');
  return `/assets/${name}`;
}

interface Wire {
  wire(path: string, value: unknown): Promise<unknown>;
  frame(frame: object): Promise<unknown>;
}

/** Joins the page to the node as another client of its worker, speaking comlink's frames by hand. */
export async function joinNode(page: Page): Promise<void> {
  await page.evaluate((script) => {
    const { port } = new SharedWorker(script, { type: 'module', name: 'sovereign-node' });
    const waiting = new Map<string, (value: unknown) => void>();
    port.onmessage = ({ data }: MessageEvent<{ id: string; value: unknown }>) => {
      waiting.get(data.id)?.(data.value);
      waiting.delete(data.id);
    };
    const self = globalThis as unknown as Wire;
    self.frame = (frame) =>
      new Promise((resolve) => {
        const id = crypto.randomUUID();
        waiting.set(id, resolve);
        port.postMessage({ id, ...frame });
      });
    self.wire = (path, value) => self.frame({ type: 'APPLY', path: [path], argumentList: [{ type: 'RAW', value }] });
  }, workerScript());
}

/** One request, its answer as it crosses the wire. */
export async function ask(page: Page, request: unknown): Promise<Record<string, unknown>> {
  return (await page.evaluate((value) => (globalThis as unknown as Wire).wire('request', value), request)) as Record<
    string,
    unknown
  >;
}

/** Any frame that comlink knows, such as one that sets what lies on a path from the object behind the port. */
export async function sendFrame(page: Page, frame: object): Promise<void> {
  await page.evaluate((message) => void (globalThis as unknown as Wire).frame(message), frame);
}

export async function call<N extends RequestName>(page: Page, name: N, params?: Params<N>): Promise<Result<N>> {
  const answer = await ask(page, params === undefined ? name : { [name]: params });
  if ('Error' in answer) throw Object.assign(new Error(JSON.stringify(answer['Error'])), answer['Error']);
  return Object.values(answer)[0] as Result<N>;
}

/** Stores bytes with the node; answers their SHA-256. */
export async function putBlob(page: Page, bytes: readonly number[]): Promise<string> {
  const answer = await page.evaluate(
    (list) => (globalThis as unknown as Wire).wire('putBlob', new Uint8Array(list)),
    bytes,
  );
  return (answer as { Ok: string }).Ok;
}

/** The bundle that the node exports now. */
export async function exported(page: Page): Promise<Buffer> {
  const { sha256 } = await call(page, 'ExportBundle', { disclose: [] });
  const bytes = await page.evaluate(async (name) => {
    const found = (await (globalThis as unknown as Wire).wire('getBlob', name)) as { Ok: Uint8Array };
    return [...found.Ok];
  }, sha256);
  return Buffer.from(bytes);
}

/** Opens the app and waits until its node says that it is ready. */
export async function openApp(page: Page, path = '/'): Promise<void> {
  await page.goto(path);
  await page.getByText('Ready', { exact: true }).first().waitFor();
}
