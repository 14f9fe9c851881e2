import type { AuditLog } from '../audit';
import type { JsonObject } from '../protocol/json';
import type { SubsystemName } from '../protocol/messages';

/** That a subsystem is up again: how often it was restarted by now, and after what. */
export interface Restarted {
  name: SubsystemName;
  restarts: number;
  message: string;
}

/**
 * Writes SUBSYSTEM_RESTARTED for each restart. While the log itself is down the newest note of each subsystem waits, and
 * its count tells of those before it.
 */
export class RestartNotes {
  readonly #log: () => AuditLog;
  readonly #waiting = new Map<SubsystemName, Restarted>();
  #writing = false;

  constructor(log: () => AuditLog) {
    this.#log = log;
  }

  add(note: Restarted): void {
    this.#waiting.set(note.name, note);
    void this.flush();
  }

  /** Never rejects: what cannot be written now waits for the next time. */
  async flush(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      for (let note = this.#first(); note; note = this.#first()) {
        const data: JsonObject = { ...note };
        await this.#log().append({ type: 'SUBSYSTEM_RESTARTED', severity: 'WARNING', data });
        if (this.#waiting.get(note.name) === note) this.#waiting.delete(note.name);
      }
    } catch {
      // The log is down or full. Whatever restarts next tries again.
    } finally {
      this.#writing = false;
    }
  }

  #first(): Restarted | undefined {
    return this.#waiting.values().next().value;
  }
}
