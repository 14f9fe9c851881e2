import {
  allowedSigner,
  encodeKrl,
  formatVkey,
  fromHex,
  noteKey,
  publicKeyPem,
  signifyKey,
  utf8,
  type Validity,
} from '../crypto';
import { BUNDLE, BUNDLE_KEYS, keyFile, type BundleFile } from '../protocol/bundle';
import type { KeyLife } from './life';
import type { KeySpan } from './types';

/**
 * The files in a bundle's `keys/` but the witness policy: they follow from the log alone, so a verifier makes them again
 * and compares. `undefined` before the log says whose it is.
 */
export function keyFiles(life: KeyLife): BundleFile[] | undefined {
  const { origin, spans } = life;
  const [genesis] = spans;
  if (origin === undefined || !genesis) return undefined;
  const last = (purpose: KeySpan['purpose']) => raw(spans.findLast((span) => span.purpose === purpose)!);
  const revoked = spans.filter((span) => span.revoked);
  // From the log, not from a clock: the same log, the same bytes.
  const changed = revoked.map((span) => span.revoked!.at.ts).reduce((a, b) => (b > a ? b : a), genesis.from.ts);
  const log = last('log');
  return [
    ...BUNDLE_KEYS.map((name) => ({ path: keyFile(name), bytes: utf8(publicKeyPem(last(name))) })),
    { path: BUNDLE.logKey, bytes: utf8(`${formatVkey(noteKey(origin, log))}\n`) },
    { path: BUNDLE.signifyKey, bytes: utf8(signifyKey(log, `public key of ${origin}`)) },
    {
      path: BUNDLE.allowedSigners,
      bytes: utf8(
        spans
          .filter((s) => s.purpose === 'governance')
          .map(signer)
          .join(''),
      ),
    },
    {
      path: BUNDLE.revoked,
      bytes: encodeKrl(revoked.map(raw), Math.floor(Date.parse(changed) / 1000), origin),
    },
  ];
}

const raw = (span: KeySpan): Uint8Array => fromHex(span.key)!;

function signer(span: KeySpan): string {
  const validity: Validity = { after: span.from.ts, ...(span.until ? { before: span.until.ts } : {}) };
  return allowedSigner(BUNDLE.principal, BUNDLE.namespace, raw(span), validity);
}
