import { Failure } from './run.mjs';

/**
 * The address that a relay just started prints.
 * @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} relay
 * @returns {Promise<string>}
 */
export function firstUrl(relay) {
  return new Promise((resolve, reject) => {
    let said = '';
    relay.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      said += text;
      const url = /http:\S+/.exec(said)?.[0];
      if (url !== undefined) resolve(url);
    });
    relay.once('exit', (code) => reject(new Failure(`The server ended with code ${code}`)));
  });
}
