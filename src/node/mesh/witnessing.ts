/** Members witness each other's logs: each that comes is one more witness of ours, by the key that its peer id is. */
import { fromHex } from '../../crypto';
import { witnessName, witnessUrl, witnessVkey } from '../../mesh/witness';
import type { Member } from '../../mesh/members';
import { LIMITS } from '../../protocol/limits';
import type { NodeWitnesses } from '../witness';
import { peerOf } from './book';

/** Whoever left witnesses no more; of those who came, as many as a node asks. The quorum stays, or becomes one. */
export async function followMembers(
  witnesses: NodeWitnesses,
  { added, removed }: { added: readonly Member[]; removed: readonly Member[] },
): Promise<void> {
  const states = witnesses.states().map(({ name, url, vkey }) => ({ name, url, vkey }));
  const gone = new Set(removed.map(({ key }) => witnessUrl(peerOf(key))));
  const kept = states.filter(({ url }) => !gone.has(url));
  const fresh = added.map(configOf).filter(({ url }) => !kept.some((one) => one.url === url));
  const all = [...kept, ...fresh].slice(0, LIMITS.witnesses);
  if (all.length === states.length && fresh.length === 0) return;
  const quorum = Math.min(Math.max(witnesses.quorum, Math.min(1, all.length)), all.length);
  await witnesses.set({ witnesses: all, quorum });
}

function configOf({ key, name }: Member) {
  const peer = peerOf(key);
  // A witness's name has letters, digits, dots and hyphens; part of its key tells two of one name apart.
  const plain = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 32);
  const tail = witnessName(fromHex(key)!).slice(-8);
  return { name: `${plain === '' ? 'member' : plain}-${tail}`, url: witnessUrl(peer), vkey: witnessVkey(peer)! };
}
