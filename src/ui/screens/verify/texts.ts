import type { ReportFormat } from '../../../verify/types';
import type { ProofPart } from '../../lib/proof-parts';
import type { Outcome } from '../../lib/seal';

export const TEXTS = {
  title: 'Verify a bundle',
  intro: 'Checks evidence that someone gave you. Nothing is uploaded, no identity is needed, and it works offline.',
  pick: 'Drop a bundle here, or choose the file',
  pickHint:
    'A .zip, an unpacked folder, a .tlog-proof with its entry, or a .json or .jsonl of the Python implementation. It is read in this browser only.',
  folder: 'Choose an unpacked bundle’s folder',
  outsideTitle: 'What you have from elsewhere',
  outsideText:
    'Optional. A bundle cannot vouch for itself: these come to you by another way than the bundle. Each makes more of the verdicts known.',
  outsideProof:
    'Optional. A proof cannot vouch for itself: these come to you by another way than the proof. Each makes more of the verdicts known.',
  logKeyText: 'The log.vkey that the owner handed you. Without it nobody can say whose log the entry is in.',
  keyText: 'The governance.pub.pem that the owner handed you. Without it nobody can say who signed.',
  policyText: 'A witness policy: whose cosignatures you trust, and how many are enough. It bounds the times, too.',
  olderText: 'The file log/checkpoint of a bundle that you kept. Nothing before it may have been rewritten.',
  tsaText:
    'The certificate (RFC 3161) of the one whose timestamp tokens you trust. Tokens in the bundle then bound its times, too.',
  disclosedTitle: 'Personal fields that it shows',
  disclosedText:
    'In the log these are hashes. Whoever exported it chose to show you these, and each is what the log holds the hash of.',
  toolTitle: 'Check it without this page',
  toolText: 'The same verifier as one readable file. It runs with Node 20 or newer and nothing else:',
  toolCommand: 'node sovereign-verify.mjs bundle.zip --key governance.pub.pem',
  toolLink: 'Download sovereign-verify.mjs',
  toolFailed: 'The verifier could not be downloaded',
  notRead: 'This could not be checked',
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

/** The same of one entry and the proof that it is in a log. */
export const PROOF_OUTCOMES: Record<Outcome, { title: string; text: string }> = {
  sealed: { title: 'Verified', text: 'The entry is in the log, to the byte, and the key you gave signed that log.' },
  intact: {
    title: 'In a log, but nobody vouches for it',
    text: 'The entry is in the log that the proof speaks of, to the byte. Whose log that is is not known: give the log’s key below.',
  },
  failed: { title: 'Not verified', text: 'The entry, the proof and what you gave do not agree. Do not rely on it.' },
};

/** A proof is two files; this is asked while one is still to come. */
export const MISSING: Record<ProofPart, { title: string; text: string; pick: string }> = {
  entry: {
    title: 'This is a proof. Now the entry that it is about',
    text: 'It was handed out with the proof, and is called like 42.entry.json.',
    pick: 'Choose the entry',
  },
  proof: {
    title: 'This is an entry of a log. Now its proof',
    text: 'It was handed out with the entry, and is called like 42.tlog-proof.',
    pick: 'Choose the proof',
  },
};

/** Formats in which nothing shows who wrote them: no key makes them more than intact. */
export const OTHER_FORMATS: Partial<Record<ReportFormat, string>> = {
  'seed-compliance-bundle': 'Compliance bundle of the Python implementation',
  'seed-audit-log': 'Audit log of the Python implementation',
};
export const INTACT_OTHER =
  'Every hash in it is right. But its signatures are cut short and its key is inside, so nobody can say who wrote it.';
