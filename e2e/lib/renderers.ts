import { readdirSync, readFileSync } from 'node:fs';
import type { Browser } from '@playwright/test';

/** Kills the renderers of Chromium that SharedWorkers run in; by the names of their threads, which Linux tells. */
export async function killSharedWorkers(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const theirs = processInfo.filter(({ type, id }) => type === 'renderer' && threads(id).includes('SharedWorker th'));
  for (const { id } of theirs) process.kill(id, 'SIGKILL');
  await session.detach();
  return theirs.length;
}

const threads = (pid: number): string[] =>
  readdirSync(`/proc/${String(pid)}/task`).map((thread) =>
    readFileSync(`/proc/${String(pid)}/task/${thread}/comm`, 'utf8').trim(),
  );
