export const TEXTS = {
  title: 'Settings',
  keys: {
    node: 'Names this node',
    governance: 'Signs permissions and bundles',
    log: 'Signs checkpoints of the log',
    owner: 'Signs what you approve',
  },
  purposes: { node: 'Node key', governance: 'Governance key', log: 'Log key', owner: 'Owner key' },
  keysIntro:
    'Each key has committed to the one after it before it was ever used. Rotating puts that next key in force; the log says so, and whoever pinned the old key can follow.',
  rotate: {
    title: 'Replace this key by the next one?',
    text: 'Both keys sign the change. The old one is not distrusted: what it signed stays good. Runs must be finished or stopped.',
  },
  revoke: {
    title: 'Revoke this key?',
    text: 'Do this when somebody else may have it. Nothing that it signs from now on counts, and the next key takes its place at once. This cannot be taken back.',
  },
  reasons: {
    compromised: 'Somebody else may have it',
    lost: 'It was lost',
    superseded: 'It is no longer used',
    other: 'Another reason',
  },
  notices:
    'While this app is open or in the background. The notice says that something waits, and not what: it may stand on a locked screen.',
  noticesDenied: 'The browser refuses notifications for this site. Allow them in its site settings, then come back.',
  noticesNone: 'This browser has no notifications. What waits shows as a number beside Approvals.',
  waits: 'This waits for your approval. It goes on when you have decided, also if you leave this page.',
  trusteesIntro:
    'People or devices you trust. Enough of them together can give this node a new owner key when yours is stolen or must not be used any more. They can do nothing else, and they cannot bring back a lost recovery phrase.',
  trusteeKey: 'The owner key of their own node: 64 characters, under Settings, Keys.',
  recovery:
    'Send this text to your trustees. Each signs it, in the app under “Sign for somebody else” or with “npx sovereign trustee sign”, and sends you one line back.',
  signatures: 'One line of each trustee',
  signFor:
    'Somebody named you a trustee and sends you a text. Sign it only after you have spoken to them: it gives their node a new owner key.',
  personal:
    'Notes on your approvals and names of trustees. The log holds only their hashes; what you see here is kept beside it, on this device. A backup of the keys does not hold them.',
  erasePersonal: {
    title: 'Erase these fields?',
    text: 'The log keeps their hashes, so every check comes out as before. Nobody can read or show these fields any more, you neither. Bundles that you handed out already are not changed. That something was erased is logged, and cannot be taken back.',
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
