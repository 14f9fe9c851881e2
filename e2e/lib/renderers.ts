import { readdirSync, readFileSync } from 'node:fs';
import type { Browser } from '@playwright/test';

/** The renderers of Chromium that SharedWorkers run in, by the names of their threads, which Linux tells. */
export async function sharedWorkers(browser: Browser): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo
    .filter(({ type, id }) => type === 'renderer' && threads(id).includes('SharedWorker th'))
    .map(({ id }) => id);
}

/** @returns how many it killed */
export async function killSharedWorkers(browser: Browser): Promise<number> {
  const theirs = await sharedWorkers(browser);
  for (const id of theirs) process.kill(id, 'SIGKILL');
  return theirs.length;
}

/** None of what ended meanwhile. */
function threads(pid: number): string[] {
  const tasks = `/proc/${String(pid)}/task`;
  try {
    return readdirSync(tasks).map((thread) => readFileSync(`${tasks}/${thread}/comm`, 'utf8').trim());
  } catch {
    return [];
  }
}
