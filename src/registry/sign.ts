import { base64, fromBase64, fromHex, hex, jcsBytes, sha256Hex, verifySignature, type Signer } from '../crypto';
import { parseManifest, readManifest } from './manifest';
import { RegistryError, type SignedManifest, type SkillManifest } from './types';

/** A body signed by the key that the body itself names under `by`. */
export async function signedBy<T extends object>(signer: Signer, body: T): Promise<T & { signature: string }> {
  return { ...body, signature: base64(await signer.sign(jcsBytes(body))) };
}

/** @throws RegistryError `bad_signature` */
export async function checkSigned(key: string, record: object & { signature: string }, what: string): Promise<void> {
  const { signature, ...body } = record;
  const raw = fromBase64(signature);
  if (raw && (await verifySignature(fromHex(key)!, jcsBytes(body), raw))) return;
  throw new RegistryError('bad_signature', `${what} is not signed by the key that it names.`, {
    advice: 'It was changed after it was signed. Get it again from its author.',
  });
}

/**
 * Signs a manifest as its author; an older signature is replaced.
 * @throws RegistryError `bad_manifest`
 */
export async function signManifest(manifest: SkillManifest, author: Signer): Promise<SignedManifest> {
  const { author: _, signature: __, ...body } = manifest;
  const signed = await signedBy(author, { ...body, author: hex(author.publicKey) });
  readManifest(signed);
  return signed;
}

/** @throws RegistryError `bad_signature` when its author did not sign it */
export const checkManifest = (manifest: SignedManifest): Promise<void> =>
  checkSigned(manifest.author, manifest, 'The manifest');

/**
 * A package as it comes from outside: form, signature, and that the module is the very one.
 * @throws RegistryError `bad_manifest`, `bad_signature`, `module_mismatch`
 */
export async function openPackage(manifestBytes: Uint8Array, module: Uint8Array): Promise<SignedManifest> {
  const manifest = parseManifest(manifestBytes);
  await checkManifest(manifest);
  if (module.length !== manifest.bytes || sha256Hex(module) !== manifest.sha256) {
    throw new RegistryError(
      'module_mismatch',
      `The module is not the one that ${manifest.name} ${manifest.version} names.`,
      {
        advice: 'Get manifest and module together, from the same place.',
        details: { expected: manifest.sha256, bytes: manifest.bytes },
      },
    );
  }
  return manifest;
}
