import { base64, fromBase64, fromHex, jcsBytes, sha256Hex, verifySignature, type Signer } from '../crypto';
import type { JsonObject } from '../protocol/json';
import type { Proof } from './types';

/** Ed25519 over the JCS of `body`, base64. */
export const signBody = async (signer: Signer, body: object): Promise<string> =>
  base64(await signer.sign(jcsBytes(body)));

export async function holds({ key, body, signature }: Proof): Promise<boolean> {
  const raw = fromBase64(signature);
  return raw !== undefined && (await verifySignature(fromHex(key)!, jcsBytes(body), raw));
}

/** What a commitment holds of a raw public key. */
export const commitmentTo = (publicKey: Uint8Array): string => sha256Hex(publicKey);

/** GENESIS data with the governance key's word for it: the log is begun with these keys, and those come next. */
export const signGenesis = async <T extends JsonObject>(
  data: T,
  governance: Signer,
): Promise<T & { signature: string }> => ({
  ...data,
  signature: await signBody(governance, data),
});
