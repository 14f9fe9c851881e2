/** Terms of art, each explained in one or two plain sentences where it appears. */
export const TERMS = {
  'audit log': 'Every act of this node, one line each, in order. Nothing is changed or removed afterwards.',
  bundle:
    'A zip with the log, the signatures, the keys and what the pipeline made. A stranger can check it offline with ordinary tools.',
  checkpoint: 'A signed statement of how long the log is and what its fingerprint is at that moment.',
  fingerprint: 'A SHA-256 hash: 64 characters that change completely when any byte of the content changes.',
  'governance key': 'The key that signs permissions and bundles. Its public half lets others check who made a bundle.',
  'Iron Path':
    'Six stages from data to evidence: prepare, train, evaluate, promote, roll back, export. Each one needs its own permission.',
  policy: 'Rules, written in Cedar, that say who may do what. Whatever no rule permits is refused.',
  'recovery phrase': '24 words from which the keys can be made again. Whoever has them has the node.',
  role: 'A signed grant that lets someone act in one capacity, for a limited time.',
  seal: 'Wraps the keys so that they open only with your passphrase or passkey.',
  skill: 'A small WebAssembly program that runs in a closed room: no network, no files, only the input it is given.',
  'work order': 'A signed permission for exactly one act. It can be used once and names the act by its fingerprint.',
  witness:
    'Someone else’s server that signs how long this log is and what its fingerprint is. An honest one never signs two histories of one log.',
  root: 'One hash over all log entries (a Merkle tree root). Change any entry and it no longer fits.',
  pin: 'A key you got from the node’s owner by another way than the bundle itself. Only with it can a check say who signed.',
} as const;
export type TermName = keyof typeof TERMS;
