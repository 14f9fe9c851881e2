import {
  fromHex,
  inTotoKey,
  inTotoKeyId,
  jcs,
  JsonError,
  olpcBytes,
  parseCanonical,
  sha256Hex,
  verifySignature,
} from '../crypto';
import {
  inTotoFiles,
  inTotoRuns,
  LAYOUT_FILE,
  LAYOUT_KEY_FILE,
  linkName,
  type Functionaries,
  type FunctionaryName,
} from '../protocol/evidence';
import type { JsonObject } from '../protocol/json';
import type { Derived } from './derived';
import type { Findings } from './findings';
import type { LogPass } from './log';
import type { Loaded } from './manifest';

/**
 * Classic in-toto metadata: layout and links follow from the log, so they are made again; what cannot be made again,
 * their signatures, is checked.
 */
export async function expectInToto(
  { state, evidence }: LogPass,
  run: string | null,
  derived: Derived,
  loaded: Loaded,
  findings: Findings,
): Promise<void> {
  const { keys, life } = state;
  if (!keys || evidence.genesis === undefined) return;
  const named = (key: Uint8Array) => ({ id: inTotoKeyId(key), key: inTotoKey(key) });
  const owners = life.spans.filter(({ purpose }) => purpose === 'owner');
  const who: Functionaries = {
    node: named(keys.node),
    governance: named(keys.governance),
    owner: named(keys.owner),
    ownerIds: new Set(owners.map(({ key }) => sha256Hex(fromHex(key)!))),
  };
  for (const { run: covered, folder } of inTotoRuns(evidence.runs.values(), run)) {
    derived.expect(folder + LAYOUT_KEY_FILE, `${jcs(who.governance.key)}\n`);
    for (const { name, signed, by } of inTotoFiles(covered, who, evidence.genesis))
      for (const signer of by) {
        const path = folder + (name === LAYOUT_FILE ? name : linkName(name, who[signer].id));
        const sig = signatureIn(loaded.bytes.get(path));
        derived.expect(path, `${jcs({ signatures: [{ keyid: who[signer].id, sig }], signed })}\n`);
        await checkSignature(path, signer, keys[signer], olpcBytes(signed), sig, findings);
      }
  }
}

async function checkSignature(
  path: string,
  signer: FunctionaryName,
  key: Uint8Array,
  message: Uint8Array,
  sig: string,
  findings: Findings,
): Promise<void> {
  findings.counts.signatures += 1;
  if (!(await verifySignature(key, message, fromHex(sig) ?? new Uint8Array())))
    findings.add('authenticity', 'bad_signature', path, `The ${signer} key did not sign this metadata.`);
}

/** The signature that the file states, or '' when it states none: then it is not the file that is called for. */
function signatureIn(bytes: Uint8Array | undefined): string {
  try {
    const { signatures } = parseCanonical((bytes ?? new Uint8Array()).subarray(0, -1)) as JsonObject;
    const sig = Array.isArray(signatures) ? (signatures[0] as JsonObject | undefined)?.['sig'] : undefined;
    return typeof sig === 'string' ? sig : '';
  } catch (error) {
    if (error instanceof JsonError) return '';
    throw error;
  }
}
