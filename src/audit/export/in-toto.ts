import { fromHex, hex, inTotoKey, inTotoKeyId, jcs, olpcBytes, sha256Hex, type Signer } from '../../crypto';
import type { BundleKey } from '../../protocol/bundle';
import {
  inTotoFiles,
  inTotoRuns,
  LAYOUT_FILE,
  LAYOUT_KEY_FILE,
  linkName,
  type Functionaries,
} from '../../protocol/evidence';
import { packFile, type PackedFile } from './pack';
import type { Scan } from './scan';

/** Layout, links and key of each covered run, as `in-toto-verify` reads them. One file a signature, as it wants links. */
export async function inTotoMetadata(
  { evidence, life }: Pick<Scan, 'evidence' | 'life'>,
  run: string | null,
  signers: Readonly<Record<BundleKey, Signer>>,
): Promise<PackedFile[]> {
  const named = ({ publicKey }: Signer) => ({ id: inTotoKeyId(publicKey), key: inTotoKey(publicKey) });
  const owners = life.spans.filter((span) => span.purpose === 'owner');
  const keys: Functionaries = {
    node: named(signers.node),
    governance: named(signers.governance),
    owner: named(signers.owner),
    ownerIds: new Set(owners.map((span) => sha256Hex(fromHex(span.key)!))),
  };
  const files: PackedFile[] = [];
  for (const { run: covered, folder } of inTotoRuns(evidence.runs.values(), run)) {
    files.push(packFile(folder + LAYOUT_KEY_FILE, `${jcs(keys.governance.key)}\n`));
    for (const { name, signed, by } of inTotoFiles(covered, keys, evidence.genesis!)) {
      for (const signer of by) {
        const keyid = keys[signer].id;
        const sig = hex(await signers[signer].sign(olpcBytes(signed)));
        const file = name === LAYOUT_FILE ? name : linkName(name, keyid);
        files.push(packFile(folder + file, `${jcs({ signatures: [{ keyid, sig }], signed })}\n`));
      }
    }
  }
  return files;
}
