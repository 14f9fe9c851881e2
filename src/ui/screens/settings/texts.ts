export const TEXTS = {
  title: 'Settings',
  keys: {
    node: 'Names this node',
    governance: 'Signs permissions and bundles',
    log: 'Signs checkpoints of the log',
    owner: 'Signs what you approve',
  },
  seals: {
    device: 'The keys open on this device without a secret. Whoever can use this browser profile can use them.',
    passphrase: 'The keys are sealed. After a restart they open only with your passphrase.',
    passkey: 'The keys are sealed. After a restart they open only with your passkey.',
  },
  phrase:
    'These 24 words are the keys. Write them on paper; keep them where nobody else looks. They are never sent anywhere.',
  backup: 'A file with the sealed keys, to keep elsewhere. It opens only with the passphrase you give it now.',
  restore: 'Only a node that has done nothing yet can take over another identity. Erase this one first if it has.',
  witnesses:
    'A witness signs how long the log is and what its tree looks like, and never signs another history. So whoever rewrites or cuts what a witness saw is found out, its owner too. It sees sizes and hashes, nothing of what the entries say.',
  witnessKey: 'Compare it with what the operator published elsewhere: from now on only signatures by this key count.',
  persist:
    'Safari clears a site that was not opened for seven days, unless it is installed. Keep the recovery phrase or a backup.',
} as const;
