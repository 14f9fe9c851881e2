import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { firstUrl } from '../../scripts/lib/server.mjs';

/** A relay of the test's own, as its operator runs it: a process, which can be killed and started again where it was. */
export class RelayProcess {
  readonly #args: readonly string[];
  readonly #state: string;
  #process: ChildProcess | undefined;
  #port: string | undefined;
  /** Without a slash at its end. */
  origin = '';

  private constructor(args: readonly string[], state: string) {
    this.#args = args;
    this.#state = state;
  }

  /** @param args options beyond its port and its state */
  static async start(...args: string[]): Promise<RelayProcess> {
    const relay = new RelayProcess(args, await mkdtemp(join(tmpdir(), 'sovereign-relay-')));
    await relay.start();
    return relay;
  }

  /** With the state, and on the port, of its last life. */
  async start(): Promise<void> {
    if (this.#port !== undefined) return this.#run(this.#port);
    // Not one that the system chooses: while the relay is dead, the system may give that to anybody.
    for (let tries = 20; ; tries--) {
      try {
        return await this.#run(String(10_000 + randomInt(10_000)));
      } catch (error) {
        if (tries === 1) throw error;
      }
    }
  }

  async #run(port: string): Promise<void> {
    const options = ['--port', port, '--state', join(this.#state, 'state'), '--witness-registrations', '10000'];
    const child = spawn(process.execPath, ['dist/relay/main.mjs', ...options, ...this.#args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.origin = new URL(await firstUrl(child)).origin;
    this.#process = child;
    this.#port = port;
  }

  /** Its operator's, for meshes that were not made on its own page. */
  async token(): Promise<string> {
    return (await readFile(join(this.#state, 'state', 'admission-token'), 'utf8')).trim();
  }

  /** Without a word to anybody. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    this.#process = undefined;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#state, { recursive: true, force: true });
  }
}
