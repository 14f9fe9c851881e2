/** A node's own operator, who rewrites his log and then exports it with the real exporter and all his own keys. */
import { buildBundle, zipBundle } from '../../audit/export';
import { formatCheckpoint, hex, jcs, leafHash, sha256Text, signNote, treeRoot, utf8 } from '../../crypto';
import type { BundleFile } from '../../protocol/bundle';
import { dataOf, entriesOf, resignRecord, type LooseEntry } from './forge';
import { unpack, type Sample } from './sample';

/** @param edit may store what the new log names */
export async function exportAnew(
  sample: Sample,
  edit: (entries: LooseEntry[]) => LooseEntry[] | void | Promise<LooseEntry[] | void>,
): Promise<BundleFile[]> {
  const entries = entriesOf(sample.files);
  const edited = (await edit(entries)) ?? entries;
  await makeConsistent(edited, sample);
  let prev = '0'.repeat(64);
  const lines = edited.map((entry, seq) => {
    const line = `${jcs({ ...entry, seq, prev })}\n`;
    prev = sha256Text(line);
    return utf8(line);
  });
  const { origin } = dataOf(edited, 'GENESIS') as unknown as { origin: string };
  const head = async (size: number) => {
    const root = hex(treeRoot(lines.slice(0, size).map(leafHash)));
    return {
      origin,
      size,
      root,
      note: await signNote(formatCheckpoint({ origin, size, root }), origin, sample.keys.log),
    };
  };
  const read = async function* (from: number, to: number): AsyncIterable<Uint8Array> {
    for (const line of lines.slice(from, to)) yield await Promise.resolve(line);
  };
  const packed = await buildBundle({
    log: { origin, lines: read },
    blobs: sample.blobs,
    checkpoint: await head(lines.length),
    older: (await head(1)).note,
    signers: sample.keys,
    run: null,
  });
  return unpack(zipBundle(packed));
}

/** Times that do not run back, references to where things stand now, and signatures that hold. */
async function makeConsistent(entries: LooseEntry[], { keys }: Sample): Promise<void> {
  const authorizedAt = new Map(entries.map((e, seq) => [e.data.order?.['order_id'], seq]));
  for (const [seq, entry] of entries.entries()) {
    const { data } = entry;
    entry.ts = [entries[seq - 1]?.ts ?? entry.ts, entry.ts].sort()[1]!;
    if (entry.type === 'EXECUTION_AUTHORIZED') {
      data.order['log_seq'] = Math.min(seq, Number(data.order['log_seq']));
      await resignRecord(data.order, keys.governance);
    }
    if ('authorized_seq' in data) Object.assign(data, { authorized_seq: authorizedAt.get(orderOf(data)) });
    if (entry.type !== 'CONFIG_SNAPSHOT') continue;
    const [governance, owner] = [{ ...data.snapshot }, { ...data.snapshot }] as Record<string, unknown>[];
    await resignRecord(governance!, keys.governance);
    await resignRecord(owner!, keys.owner);
    const signatures = { signature: governance!['signature'], owner_signature: owner!['signature'] };
    Object.assign(data, { snapshot_sha256: sha256Text(jcs(data.snapshot)), ...signatures });
  }
}

const orderOf = (data: object): unknown => (data as Record<string, unknown>)['order_id'];
