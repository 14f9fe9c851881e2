import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** @typedef {{ env?: Record<string, string>, timeoutMs?: number }} RunOptions */

/**
 * A program that a package brings. Straight from node_modules/.bin: npx under npm takes some of its options for its own.
 * @param {string} name @param {...string} args @returns {[string, ...string[]]}
 */
export function tool(name, ...args) {
  return [join(ROOT, 'node_modules', '.bin', name), ...args];
}

/**
 * Runs a program from the repository's root with this terminal and no input.
 * @param {readonly [string, ...string[]]} command @param {RunOptions} [options]
 * @returns {Promise<number>} its exit code; 1 for one that a signal ended
 */
export function run([program, ...args], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...common(options), stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/**
 * The same, with the output kept instead of shown.
 * @param {readonly [string, ...string[]]} command @param {RunOptions} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function capture([program, ...args], options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...common(options), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** @param {RunOptions} options */
function common({ env, timeoutMs }) {
  return { cwd: ROOT, env: { ...process.env, ...env }, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) };
}

/**
 * Runs a step that must succeed.
 * @param {string} what @param {readonly [string, ...string[]]} command @param {RunOptions} [options]
 */
export async function must(what, command, options) {
  const code = await run(command, options);
  if (code !== 0) throw new Failure(`${what} failed (exit ${code})`);
}

/** What a script says before it exits with 1, without a stack: the cause was already printed. */
export class Failure extends Error {}

/** @param {() => Promise<unknown>} main */
export async function script(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Failure ? error.message : error);
    process.exitCode = 1;
  }
}
