import type { Halt } from '../../protocol/messages';

export type Way = Halt['ways'][number];

export const HALT_TITLES: Record<Halt['code'], string> = {
  clone_suspected: 'This looks like a copy of a node',
  identity_broken: 'The identity does not hold together',
  identity_missing: 'The keys are gone',
  log_broken: 'The log was changed',
  log_rolled_back: 'The log was rolled back',
  config_broken: 'The policies are not the signed ones',
  storage_unavailable: 'The store cannot be opened',
};

/** Each way out: the button, and what it does in one sentence. */
export const WAYS: Record<Way, { label: string; text: string }> = {
  rebind_with_phrase: {
    label: 'Bind to this device',
    text: 'This is your node on a new or changed device: prove it with the recovery phrase. The log records it.',
  },
  restore_phrase: {
    label: 'Restore from the phrase',
    text: 'Make the keys again from the 24 words of the recovery phrase.',
  },
  restore_backup: {
    label: 'Restore a backup file',
    text: 'Bring the keys back from a backup file and its passphrase.',
  },
  export_raw: {
    label: 'Export the log as it is',
    text: 'Save every stored line to a file, unchanged, so that someone can look into it.',
  },
  restart_log: {
    label: 'Begin a new log',
    text: 'Keep the keys and begin a log under a new name. Its first entries say that the old one was rolled back; what is left of that is kept. Runs and approvals start afresh.',
  },
  retry: { label: 'Try again', text: 'Check everything once more, for instance after freeing disk space.' },
  erase: { label: 'Erase and start over', text: 'Delete everything that is stored here and begin a new node.' },
};
