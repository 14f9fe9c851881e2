/** What the log's tests share: a signer, a clock to turn, a timer to fire, and a disk to attack. */
import { concat, fromUtf8, sha256Hex, signerFromSeed, utf8 } from '../crypto';
import { MemoryDisk, createMemoryStorage } from '../storage';
import type { Storage } from '../storage';
import { openLog } from './log';
import type { AuditLog, Entry, NewEntry } from './types';

export const ORIGIN = 'sovereign-node/0123456789abcdef';
export const signer = await signerFromSeed(new Uint8Array(32).fill(3));
export const START = Date.UTC(2026, 0, 1);

export const note = (i: number): NewEntry => ({ type: 'SUBSYSTEM_RESTARTED', data: { i } });

/** A machine with one disk: the log on it can be opened again and again. */
export class Machine {
  readonly disk = new MemoryDisk();
  now = START;
  /** The timer that the log has set, if any. */
  timer: (() => void) | undefined;

  async storage(): Promise<Storage> {
    const storage = createMemoryStorage({ disk: this.disk });
    await storage.claimWriter();
    return storage;
  }

  async open(storage?: Storage): Promise<AuditLog> {
    return openLog({
      storage: storage ?? (await this.storage()),
      signer,
      origin: ORIGIN,
      clock: { now: () => this.now },
      schedule: (task) => {
        this.timer = task;
        return () => (this.timer = undefined);
      },
    });
  }

  /** A log of `count` entries, all under a checkpoint, and let go. */
  async filled(count: number): Promise<this> {
    const log = await this.open();
    for (let i = 0; i < count; i++) await log.append(note(i));
    await log.close();
    return this;
  }

  get lines(): string[] {
    return fromUtf8(this.disk.readLog()).split('\n').slice(0, -1);
  }

  /** Writes these lines in place of the log. */
  replace(lines: readonly string[]): void {
    this.disk.replaceLog(utf8(lines.map((line) => `${line}\n`).join('')));
  }
}

/** The same lines with `seq` and `prev` made to fit: what someone without a key can do. */
export function rechain(lines: readonly string[]): string[] {
  const out: string[] = [];
  for (const line of lines) {
    const prev = out.length === 0 ? '0'.repeat(64) : sha256Hex(utf8(`${out.at(-1)}\n`));
    const numbered = line.replace(/"seq":\d+/, `"seq":${out.length}`);
    out.push(numbered.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`));
  }
  return out;
}

export async function readAll(log: AuditLog): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of log.entries(0, log.size)) entries.push(entry);
  return entries;
}

export async function readLines(log: AuditLog, from: number, to: number): Promise<string> {
  const lines: Uint8Array[] = [];
  for await (const line of log.lines(from, to)) lines.push(line);
  return fromUtf8(concat(...lines));
}
