import { encodeEnvelope, jcsBytes, dsseKeyId, pae, STATEMENT_PAYLOAD, statementOf, type Signer } from '../crypto';
import type { JsonObject } from '../protocol/json';

/**
 * A signed statement: the bytes of a DSSE envelope around an in-toto Statement v1 in canonical form.
 *
 * @throws DsseError `bad_statement` when `statement` is not one; JcsError when it is not JSON.
 */
export async function signStatement(statement: JsonObject, signer: Signer): Promise<Uint8Array<ArrayBuffer>> {
  statementOf(statement);
  const payload = jcsBytes(statement);
  const sig = await signer.sign(pae(STATEMENT_PAYLOAD, payload));
  return encodeEnvelope({
    payloadType: STATEMENT_PAYLOAD,
    payload,
    signatures: [{ keyid: dsseKeyId(signer.publicKey), sig }],
  });
}
