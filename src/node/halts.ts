import type { Halt } from '../protocol/messages';

type HaltCode = Halt['code'];

/** Each reason not to start, in words a person can act on. What is not lost is said first. */
const TEXTS: Record<HaltCode, Omit<Halt, 'code' | 'message'> & { message: string }> = {
  storage_unavailable: {
    message: 'The store of this node cannot be opened.',
    kept: 'Nothing was changed.',
    ways: ['retry', 'erase'],
  },
  identity_missing: {
    message: 'There is a log, but the keys that signed it are gone.',
    kept: 'The log and everything it names are still here.',
    ways: ['restore_phrase', 'restore_backup', 'export_raw', 'erase'],
  },
  identity_broken: {
    message: 'The stored identity does not hold together: it was changed or damaged.',
    kept: 'The log and everything it names are still here.',
    ways: ['restore_phrase', 'restore_backup', 'export_raw', 'retry', 'erase'],
  },
  clone_suspected: {
    message:
      'This store was made on another device, or this device changed. A copied node must not run beside its original.',
    kept: 'Nothing was changed. With the recovery phrase you can bind the node to this device; that is logged.',
    ways: ['rebind_with_phrase', 'export_raw', 'erase'],
  },
  log_broken: {
    message: 'The log was changed after it was written.',
    kept: 'Your keys are still here, and the log can be exported as it is.',
    ways: ['export_raw', 'retry', 'erase'],
  },
  log_rolled_back: {
    message: 'The log was rolled back: it is not the one that its own last checkpoint says.',
    kept: 'Your keys are still here, and the log can be exported as it is.',
    ways: ['export_raw', 'retry', 'restart_log', 'erase'],
  },
  config_broken: {
    message: 'The policies in the store are not those that were signed.',
    kept: 'Your keys and the log are still here.',
    ways: ['export_raw', 'retry', 'erase'],
  },
};

/** `detail` is what exactly was found, for those who want to know. */
export function halt(code: HaltCode, detail?: string): Halt {
  const { message, kept, ways } = TEXTS[code];
  return { code, message: detail ? `${message} ${detail}` : message, kept, ways };
}

/** A boot that ended in a reason to halt. */
export class HaltError extends Error {
  override readonly name = 'HaltError';
  readonly halt: Halt;
  constructor(code: HaltCode, detail?: string, cause?: unknown) {
    super(TEXTS[code].message, { cause });
    this.halt = halt(code, detail);
  }
}
