// Which browsers this machine has. Tests never skip for want of one: whoever calls decides to get one or to fail.
import { accessSync, constants } from 'node:fs';
import { chromium } from 'playwright-core';

const CHROMIUM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];
const FIREFOX_ESR = ['/usr/bin/firefox-esr'];

/** Flags every Chromium of the tests is started with: containers have no user namespaces, and CI no internet. */
export const CHROMIUM_ARGS = ['--no-sandbox', '--disable-background-networking'];

/** @param {string | undefined} path */
function runnable(path) {
  if (path === undefined || path === '') return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Path of a Chromium: CHROMIUM_PATH, the system's, or the one Playwright downloaded.
 * @returns {string | undefined}
 * @throws {Error} when CHROMIUM_PATH is set and names nothing that runs: a wish that cannot be met is not overruled.
 */
export function findChromium() {
  return named('CHROMIUM_PATH') ?? [...CHROMIUM, chromium.executablePath()].find(runnable);
}

/**
 * Path of a Firefox ESR: FIREFOX_PATH or the system's.
 * @returns {string | undefined}
 * @throws {Error} when FIREFOX_PATH is set and names nothing that runs.
 */
export function findFirefox() {
  return named('FIREFOX_PATH') ?? FIREFOX_ESR.find(runnable);
}

/** @param {string} variable */
function named(variable) {
  const path = process.env[variable];
  if (path === undefined || path === '') return undefined;
  if (!runnable(path)) throw new Error(`${variable} is ${path}, which is not a program that can be run`);
  return path;
}

export const HOW_TO_GET_CHROMIUM =
  'No Chromium was found. Install one (Debian: apt-get install chromium), or run: npx playwright install chromium, or set CHROMIUM_PATH.';
