import {
  parseTimestamp,
  parseTsaCertificate,
  sha256Text,
  timestampFlaw,
  type Timestamp,
  type TsaCertificate,
} from '../crypto';
import { BUNDLE, timestampFile } from '../protocol/bundle';
import { LIMITS } from '../protocol/limits';
import type { Findings } from './findings';
import { isOf, type Head } from './heads';
import type { LogPass } from './log';
import { asText, type Loaded } from './manifest';
import { VerifyError, type VerifyOptions } from './types';

/**
 * Timestamp tokens (RFC 3161) over the texts of the bundle's heads. That they are of these texts is checked always; who
 * gave them, only against an authority's certificate from outside.
 */
export class Timestamps {
  readonly #pinned: TsaCertificate | undefined;

  /** @throws VerifyError `bad_tsa` for what came from outside. */
  constructor(
    private readonly loaded: Loaded,
    { tsa }: VerifyOptions,
    private readonly findings: Findings,
  ) {
    this.#pinned = tsa && readPinned(tsa);
    findings.timestamps.pinned = tsa !== undefined;
    findings.timestamps.found = loaded.files.filter((path) => path.startsWith(BUNDLE.timestamps)).length;
  }

  /** Files of other sizes than those of `heads` have no place in a bundle: that is said where all files are gone through. */
  async check({ chain }: LogPass, heads: readonly Head[]): Promise<void> {
    for (const head of heads) {
      const where = timestampFile(head.body.size);
      const bytes = this.loaded.bytes.get(where);
      if (!bytes) continue;
      const stamp = parseTimestamp(bytes);
      if (!stamp) this.findings.add('integrity', 'bad_timestamp', where, 'It is not a timestamp token.');
      else if (stamp.imprint !== sha256Text(head.note.text))
        this.findings.add('integrity', 'wrong_timestamp', where, 'The timestamp token is of another text.');
      else if (isOf(chain, head)) await this.#bound(stamp, head, where, chain);
    }
  }

  async #bound(stamp: Timestamp, { body }: Head, where: string, chain: LogPass['chain']): Promise<void> {
    if (!this.#pinned) return;
    const flaw = await timestampFlaw(stamp, this.#pinned);
    this.findings.counts.signatures += 1;
    if (flaw !== undefined)
      return this.findings.add('time', 'bad_timestamp', where, `The timestamp token proves nothing: ${flaw}.`);
    const latest = stamp.time + stamp.accuracyMs;
    const time = new Date(latest).toISOString();
    const last = chain.times.get(body.size) ?? null;
    if (last !== null && Date.parse(last) > latest + LIMITS.witnessClockMs) {
      const message = `Entry ${body.size - 1} says ${last}, but the time-stamping authority saw it at ${time} already.`;
      this.findings.add('time', 'later_than_seen', `${BUNDLE.entries}:${body.size}`, message);
    }
    this.findings.bounds.push({ size: body.size, time, by: 'the time-stamping authority says so' });
  }
}

function readPinned(pem: Uint8Array): TsaCertificate {
  const certificate = parseTsaCertificate(asText(pem) ?? '');
  if (certificate) return certificate;
  throw new VerifyError('bad_tsa', 'This is not the certificate of a time-stamping authority.', {
    advice: 'Give the one certificate, in PEM, that the authority signs its timestamp tokens with.',
  });
}
