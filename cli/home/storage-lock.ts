/**
 * The writer's role over a directory, held by one process at a time: a file `writer.lock` that names it. Every write
 * asks again whether the file is still ours, so a holder that was taken over stops at its next write.
 */
import { randomUUID } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { link, open, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { StorageError, writerLost } from '../../src/storage';

const Holder = v.strictObject({ pid: v.pipe(v.number(), v.integer()), started: v.string(), token: v.string() });
type Holder = v.InferOutput<typeof Holder>;

/** In a store's directory. */
export const LOCK_FILE = 'writer.lock';

/** The roles that this process holds, by token, each with a wait for its write under way. */
const ours = new Map<string, () => Promise<void>>();

export class WriterLock {
  readonly #path: string;
  readonly #settled: () => Promise<void>;
  #held: { file: FileHandle; token: string } | undefined;

  /** `settled` resolves once no write of this handle is under way. */
  constructor(dir: string, settled: () => Promise<void>) {
    this.#path = join(dir, LOCK_FILE);
    this.#settled = settled;
  }

  /**
   * Takes the role from nobody, from another handle of this process, or from a process that has ended.
   *
   * @throws StorageError `unavailable` while another process holds it.
   */
  async claim(): Promise<void> {
    if (this.isHeld) return;
    await this.release();
    const token = randomUUID();
    const mine = `${this.#path}.${token}`;
    await writeFile(mine, JSON.stringify({ pid: process.pid, started: await startOf(process.pid), token }), {
      mode: 0o600,
    });
    try {
      // `link` makes the whole file appear at once, or fails because there is one.
      while (!(await succeeds(link(mine, this.#path), 'EEXIST'))) await this.#removeOther();
      this.#held = { file: await open(this.#path, 'r'), token };
    } finally {
      await unlink(mine);
    }
    ours.set(token, this.#settled);
    this.check();
  }

  get isHeld(): boolean {
    // An open file without a name left was replaced by somebody's.
    return this.#held !== undefined && fstatSync(this.#held.file.fd).nlink > 0;
  }

  /** @throws StorageError `writer_lost` unless this handle holds the role now. */
  check(): void {
    if (!this.isHeld) throw writerLost();
  }

  async release(): Promise<void> {
    if (!this.#held) return;
    const { file, token } = this.#held;
    const lost = !this.isHeld;
    this.#held = undefined;
    ours.delete(token);
    await file.close();
    if (!lost) await unlink(this.#path);
  }

  async #removeOther(): Promise<void> {
    const text = await readIfThere(this.#path);
    if (text === undefined) return;
    const holder = parseHolder(text);
    const settled = holder && ours.get(holder.token);
    if (holder && !settled && (await isAlive(holder))) throw held(holder);
    // Renamed before it is judged for good: between reading and removing, someone else may have taken the role.
    const aside = `${this.#path}.${randomUUID()}`;
    if (!(await succeeds(rename(this.#path, aside), 'ENOENT'))) return;
    const taken = await readFile(aside, 'utf8');
    if (taken !== text) await succeeds(link(aside, this.#path), 'EEXIST');
    await unlink(aside);
    await settled?.();
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return v.parse(Holder, JSON.parse(text));
  } catch {
    // A lock that was torn by a crash names nobody.
    return undefined;
  }
}

/** Whether the process that made the lock still runs: a number alone is used again, above all in containers. */
async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    // EPERM: it runs, as another user.
    if ((cause as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const since = await startOf(pid);
  return since === '' || started === '' || since === started;
}

/** When a process started, as Linux tells it with the boot it belongs to; empty elsewhere. */
async function startOf(pid: number): Promise<string> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  const boot = await readIfThere('/proc/sys/kernel/random/boot_id');
  if (stat === undefined || boot === undefined) return '';
  // Fields are counted after the name, which is in parentheses and may hold anything; the start time is field 22.
  return `${boot.trim()}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    // ESRCH: a process that ended while its file in /proc was read.
    if (['ENOENT', 'ESRCH'].includes((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw cause;
  }
}

/** False when it failed with `expected`; throws on any other failure. */
async function succeeds(work: Promise<void>, expected: string): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === expected) return false;
    throw cause;
  }
}

const held = ({ pid }: Holder): StorageError =>
  new StorageError('unavailable', `process ${pid} is using this directory`, {
    advice: `Close it (process ${pid}), or use another directory.`,
    details: { pid },
  });
