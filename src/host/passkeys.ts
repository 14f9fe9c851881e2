import { LIMITS } from '../protocol/limits';
import { IdentityError, type PasskeyPrf } from '../identity/types';

/** What stands in a passkey's name and scope. `id` is a domain: a passkey made on one never answers on another. */
export interface RelyingParty {
  id: string;
  name: string;
}

/**
 * Passkeys as a source of 32 secret bytes: WebAuthn's `prf` extension (https://www.w3.org/TR/webauthn-3/#prf-extension).
 * The passkey signs nothing that is kept; only its PRF is used. Both calls prompt the person, so they need a window.
 *
 * Both throw IdentityError `passkey_unavailable` where browser or authenticator cannot do it, `wrong_passkey` when the
 * prompt was cancelled, timed out or found no such passkey.
 */
export function windowPasskeys(rp: RelyingParty = { id: location.hostname, name: 'Sovereign Node' }): PasskeyPrf {
  return {
    async create(userName, salt) {
      const made = await prompted(() => navigator.credentials.create({ publicKey: creation(rp, userName, salt) }));
      const credentialId = new Uint8Array(made.rawId);
      const { prf } = made.getClientExtensionResults();
      if (prf?.results) return { credentialId, secret: bytes(prf.results.first) };
      if (prf?.enabled !== true) throw unavailable('This passkey cannot give a secret (no PRF)');
      // Many authenticators evaluate only when asserting: the same passkey is asked once more.
      return { credentialId, secret: await evaluate(rp, credentialId, salt) };
    },
    get: (credentialId, salt) => evaluate(rp, credentialId, salt),
  };
}

async function evaluate(rp: RelyingParty, credentialId: Uint8Array, salt: Uint8Array): Promise<Uint8Array> {
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rpId: rp.id,
    allowCredentials: [{ type: 'public-key', id: Uint8Array.from(credentialId) }],
    userVerification: 'required',
    timeout: LIMITS.hostCallMs,
    extensions: { prf: { eval: { first: Uint8Array.from(salt) } } },
  };
  const assertion = await prompted(() => navigator.credentials.get({ publicKey }));
  const results = assertion.getClientExtensionResults().prf?.results;
  if (!results) throw unavailable('This passkey gave no secret (no PRF)');
  return bytes(results.first);
}

function creation(rp: RelyingParty, userName: string, salt: Uint8Array): PublicKeyCredentialCreationOptions {
  return {
    rp,
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: userName, displayName: userName },
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    // Ed25519, ES256 and RS256, so that no authenticator is shut out: the signature is not used.
    pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
    timeout: LIMITS.hostCallMs,
    extensions: { prf: { eval: { first: Uint8Array.from(salt) } } },
  };
}

async function prompted(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (typeof PublicKeyCredential === 'undefined') throw unavailable('This browser has no passkeys');
  let credential: Credential | null;
  try {
    credential = await ask();
  } catch (error) {
    throw refusal(error);
  }
  if (credential instanceof PublicKeyCredential) return credential;
  throw unavailable('The browser gave no passkey');
}

/** Browsers say NotAllowedError for cancelled, timed out and unknown alike, so that a site cannot tell which. */
function refusal(cause: unknown): IdentityError {
  const name = cause instanceof DOMException ? cause.name : '';
  if (name !== 'NotAllowedError' && name !== 'AbortError') {
    return unavailable('The browser or the authenticator cannot do this', cause);
  }
  return new IdentityError('wrong_passkey', 'The passkey prompt was cancelled, or the passkey is not on this device', {
    advice: 'Try again with the passkey that the keys were sealed with.',
    cause,
  });
}

function unavailable(message: string, cause?: unknown): IdentityError {
  return new IdentityError('passkey_unavailable', message, { advice: 'Seal with a passphrase instead.', cause });
}

function bytes(source: BufferSource): Uint8Array {
  const secret = ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
  if (secret.length !== 32) throw unavailable('The passkey gave a secret of another length than 32 bytes');
  return secret;
}
