/** Time-stamping authorities made on the spot, by OpenSSL: what they sign is not of this project's making. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestTsa {
  /** Its certificate, PEM. */
  pem: string;
  /** The TimeStampResp over these bytes; `token`: the bare token in it. */
  stamp(data: Uint8Array, options?: { token?: boolean; bare?: boolean }): Uint8Array<ArrayBuffer>;
  remove(): void;
}

const KEYS = {
  rsa: ['-newkey', 'rsa:2048'],
  'P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'P-384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
} as const;

/** @param usage the certificate's extendedKeyUsage */
export function makeTsa(
  kind: keyof typeof KEYS,
  { digest = 'sha256', usage = 'critical,timeStamping', ess = 'sha256' } = {},
): TestTsa {
  const home = mkdtempSync(join(tmpdir(), 'sovereign-tsa-'));
  const openssl = (...args: string[]): void => {
    const { status, stderr } = spawnSync('openssl', args, { cwd: home, encoding: 'utf8' });
    if (status !== 0) throw new Error(`openssl ${args[0]!}: ${stderr}`);
  };
  const config = `[tsa]\ndefault_tsa = one\n[one]\nserial = serial\nsigner_cert = cert.pem\nsigner_key = key.pem\ncerts = cert.pem\n
signer_digest = ${digest}\ndefault_policy = 1.2.3.4.1\ndigests = sha256, sha384\naccuracy = secs:1, millisecs:500\n
clock_precision_digits = 3\ness_cert_id_alg = ${ess}\n[req]\ndistinguished_name = dn\n[dn]\n[ext]\nextendedKeyUsage = ${usage}\n`;
  writeFileSync(join(home, 'tsa.cnf'), config);
  openssl(
    ...['req', '-x509', '-config', 'tsa.cnf', '-extensions', 'ext', '-nodes', '-days', '2', '-subj', `/CN=TSA ${kind}`],
    ...[...KEYS[kind], '-keyout', 'key.pem', '-out', 'cert.pem'],
  );
  return {
    pem: readFileSync(join(home, 'cert.pem'), 'utf8'),
    stamp: (data, { token = false, bare = false } = {}) => {
      writeFileSync(join(home, 'data'), data);
      openssl('ts', '-query', '-data', 'data', '-sha256', ...(bare ? [] : ['-cert']), '-out', 'query.tsq');
      openssl(
        ...['ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query.tsq', '-out', 'reply.tsr'],
        ...(token ? ['-token_out'] : []),
      );
      return Uint8Array.from(readFileSync(join(home, 'reply.tsr')));
    },
    remove: () => rmSync(home, { recursive: true }),
  };
}
