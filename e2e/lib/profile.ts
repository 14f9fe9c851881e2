import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext } from '@playwright/test';
import { CHROMIUM_ARGS, findChromium, HOW_TO_GET_CHROMIUM } from '../../scripts/lib/browsers.mjs';

const START_MS = 240_000;

/**
 * A Chromium with a profile of its own on disk, as a process that can be killed without a word, like a battery that
 * runs out. Playwright's persistent context always ends politely.
 */
export class Profile {
  readonly #directory: string;
  #running: { process: ChildProcess; browser: Browser } | undefined;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async create(): Promise<Profile> {
    return new Profile(await mkdtemp(join(tmpdir(), 'sovereign-profile-')));
  }

  /** Starts the browser on this profile. */
  async open(): Promise<BrowserContext> {
    const executable = findChromium();
    if (executable === undefined) throw new Error(HOW_TO_GET_CHROMIUM);
    const process = spawn(
      executable,
      [
        ...CHROMIUM_ARGS,
        '--headless=new',
        '--remote-debugging-port=0',
        '--no-first-run',
        `--user-data-dir=${this.#directory}`,
        'about:blank',
      ],
      // Its own process group, so that the kill reaches renderers and helpers in the same moment.
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    );
    const browser = await chromium.connectOverCDP(await debuggerUrl(process), { timeout: START_MS });
    this.#running = { process, browser };
    const [context] = browser.contexts();
    if (context === undefined) throw new Error('Chromium started without its default context');
    return context;
  }

  /** SIGKILL to every process of the browser, and waits until the first is gone. */
  async kill(): Promise<void> {
    if (this.#running === undefined) return;
    const { process: child, browser } = this.#running;
    this.#running = undefined;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await gone;
    await browser.close().catch(() => undefined);
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Path of a file in the profile, for tests that look for keys on the disk. */
  path(...names: string[]): string {
    return join(this.#directory, ...names);
  }

  read(...names: string[]): Promise<Buffer> {
    return readFile(this.path(...names));
  }
}

/** Chromium prints where its debugger listens. */
function debuggerUrl(process: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`Chromium did not start in ${String(START_MS)} ms:\n${said}`));
    }, START_MS);
    let said = '';
    process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const url = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    });
    process.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`Chromium ended with code ${String(code)}:\n${said}`));
    });
  });
}
