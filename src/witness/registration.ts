/**
 * How a node makes its log known to a witness that is open to nodes. The request is a signed note by the *node* key,
 * whose hash is in the log's origin: nobody else can take the name, and a log key can be changed by its node alone.
 */
import { isSafePublicKey, formatVkey, noteKey, parseNote, parseVkey, sha256Hex, signNote, verifyNote } from '../crypto';
import type { NoteKey, Signer } from '../crypto';

const HEADER = 'sovereign-node/witness-registration/v1';
/** `sovereign-node/<first 16 hex of the node id>/<8 hex of this log>`. */
const ORIGIN = /^(sovereign-node\/([0-9a-f]{16}))\/[0-9a-f]{8}$/;

/** The text by which `node` says that `logKey` signs the log `origin`. @throws TypeError for an origin of another form. */
export async function formatRegistration(origin: string, logKey: Uint8Array, node: Signer): Promise<string> {
  const name = ORIGIN.exec(origin)?.[1];
  if (name === undefined) throw new TypeError('only a node log can be registered');
  const text = `${HEADER}\n${formatVkey(noteKey(origin, logKey))}\n${formatVkey(noteKey(name, node.publicKey))}\n`;
  return signNote(text, name, node);
}

/** The log key that a registration names, and the node key that signed it; `undefined` when anything in it does not hold. */
export async function readRegistration(
  input: string | Uint8Array,
): Promise<{ log: NoteKey; node: Uint8Array } | undefined> {
  const note = parseNote(input);
  const [header, logVkey, nodeVkey, ...rest] = note?.text.split('\n') ?? [];
  if (!note || header !== HEADER || rest.length !== 1) return undefined;
  const [logKey, nodeKey] = [parseVkey(logVkey!), parseVkey(nodeVkey!)];
  const origin = logKey && ORIGIN.exec(logKey.name);
  if (!origin || !nodeKey || nodeKey.name !== origin[1] || !isSafePublicKey(logKey.publicKey)) return undefined;
  if (sha256Hex(nodeKey.publicKey).slice(0, 16) !== origin[2]) return undefined;
  return (await verifyNote(note, nodeKey)) ? { log: logKey, node: nodeKey.publicKey } : undefined;
}
