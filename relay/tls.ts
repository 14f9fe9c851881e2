/** The certificate of a relay that speaks HTTPS itself, and its change under way. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { RelayError } from './errors';

export interface CertificateFiles {
  /** PEM files: the chain, own certificate first, and its private key. */
  cert: string;
  key: string;
}

export interface Certificate {
  /** For a TLS server. */
  options: { cert: Buffer; key: Buffer; minVersion: 'TLSv1.2' };
  /** Unix time in milliseconds after which browsers refuse it. */
  expires: number;
}

/** Reads the files anew, and proves that they belong together. @throws RelayError `certificate_unusable`, naming the file */
export async function loadCertificate(files: CertificateFiles): Promise<Certificate> {
  const [cert, key] = await Promise.all([read(files.cert), read(files.key)]);
  const options = { cert, key, minVersion: 'TLSv1.2' as const };
  let expires: number;
  try {
    expires = Date.parse(new X509Certificate(cert).validTo);
  } catch (cause) {
    throw unusable(`${files.cert} is no certificate in PEM`, cause);
  }
  try {
    createSecureContext(options);
  } catch (cause) {
    // The reason, such as "key values mismatch", has nothing of the key in it.
    throw unusable(`${files.key} does not go with ${files.cert}`, cause);
  }
  return { options, expires };
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unusable(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'error'})`, cause);
  }
}

const unusable = (message: string, cause: unknown): RelayError =>
  new RelayError('certificate_unusable', message, {
    cause,
    advice: 'Give the full chain and its unencrypted key as PEM files that the relay’s user may read.',
  });
