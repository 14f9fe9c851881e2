import type { ReportFormat } from '../../../verify/types';
import type { Outcome } from '../../lib/seal';

export const TEXTS = {
  title: 'Verify a bundle',
  intro: 'Checks evidence that someone gave you. Nothing is uploaded, no identity is needed, and it works offline.',
  pick: 'Drop a bundle here, or choose the file',
  pickHint:
    'A .zip, an unpacked folder, or a .json or .jsonl of the Python implementation. It is read in this browser only.',
  folder: 'Choose an unpacked bundle’s folder',
  outsideTitle: 'What you have from elsewhere',
  outsideText:
    'Optional. A bundle cannot vouch for itself: these come to you by another way than the bundle. Each makes more of the verdicts known.',
  keyText: 'The governance.pub.pem that the owner handed you. Without it nobody can say who signed.',
  policyText: 'A witness policy: whose cosignatures you trust, and how many are enough. It bounds the times, too.',
  olderText: 'The file log/checkpoint of a bundle that you kept. Nothing before it may have been rewritten.',
  toolTitle: 'Check it without this page',
  toolText: 'The same verifier as one readable file. It runs with Node 20 or newer and nothing else:',
  toolCommand: 'node sovereign-verify.mjs bundle.zip --key governance.pub.pem',
  toolLink: 'Download sovereign-verify.mjs',
  notRead: 'The bundle could not be checked',
  kept: 'The file on your disk was not changed.',
  stopped: 'The check was stopped. Nothing was decided.',
} as const;

export const OUTCOMES: Record<Outcome, { title: string; text: string }> = {
  sealed: { title: 'Verified', text: 'Whole, and signed by the key you pinned.' },
  intact: {
    title: 'Intact, but nobody vouches for it',
    text: 'Nothing was changed since it was sealed. Who sealed it is not known: give the owner’s key below.',
  },
  failed: { title: 'Not verified', text: 'Something in it is not what was sealed. Do not rely on it.' },
};

/** Formats in which nothing shows who wrote them: no key makes them more than intact. */
export const OTHER_FORMATS: Partial<Record<ReportFormat, string>> = {
  'seed-compliance-bundle': 'Compliance bundle of the Python implementation',
  'seed-audit-log': 'Audit log of the Python implementation',
};
export const INTACT_OTHER =
  'Every hash in it is right. But its signatures are cut short and its key is inside, so nobody can say who wrote it.';
