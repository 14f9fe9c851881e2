import type { ReportFormat } from '../../../verify/types';
import type { Outcome } from '../../lib/seal';

export const TEXTS = {
  title: 'Verify a bundle',
  intro: 'Checks evidence that someone gave you. Nothing is uploaded, no identity is needed, and it works offline.',
  pick: 'Drop a bundle here, or choose the file',
  pickHint: 'A .zip, or a .json or .jsonl of the Python implementation. It is read in this browser only.',
  keyTitle: 'Key of the node’s owner',
  keyText:
    'Optional. Paste the governance.pub.pem that the owner handed you by another way than the bundle. Without it nobody can say who signed.',
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
