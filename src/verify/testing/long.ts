/** A bundle of any length: the sample's log, and then the same governed act over and over, each with an order of its own. */
import { buildBundle, zipBundle } from '../../audit/export';
import {
  base64,
  formatCheckpoint,
  HashTiles,
  hex,
  jcs,
  jcsBytes,
  leafHash,
  sha256Text,
  signNote,
  utf8,
} from '../../crypto';
import { dataOf, entriesOf, textOf, type LooseEntry } from './forge';
import type { Sample } from './sample';

/** Orders signed at once. */
const BATCH = 256;

/** The log's lines, in pieces of many: `count` of them, each really signed and chained. */
export async function* longLog(sample: Sample, count: number): AsyncGenerator<Uint8Array[]> {
  const entries = entriesOf(sample.files);
  const lines = textOf(sample.files, 'log/entries.jsonl').split(/(?<=\n)/);
  yield lines.map(utf8);
  const done = entries.find((e) => e.type === 'EXECUTION_COMPLETED')!;
  let prev = sha256Text(lines[lines.length - 1]!);
  const chained = (seq: number, ts: string, type: string, data: object): Uint8Array => {
    const line = `${jcs({ v: 1, seq, ts, type, severity: 'INFO', prev, data })}\n`;
    prev = sha256Text(line);
    return utf8(line);
  };
  const { ts } = entries[entries.length - 1]!;
  for (let seq = entries.length; seq < count;) {
    const acts = Math.min(BATCH, Math.floor((count - seq) / 2));
    const orders = await Promise.all(Array.from({ length: acts }, (_, i) => order(sample, entries, seq + 2 * i)));
    const batch: Uint8Array[] = [];
    for (const data of orders) {
      const at = seq;
      batch.push(chained(seq++, ts, 'EXECUTION_AUTHORIZED', data));
      const { order_id } = data.order;
      batch.push(chained(seq++, ts, 'EXECUTION_COMPLETED', { ...done.data, order_id, authorized_seq: at }));
    }
    if (acts === 0) batch.push(chained(seq++, ts, 'NODE_STARTED', { version: '0.1.0' }));
    yield batch;
  }
}

/** The sample's first order with another id, signed anew. */
async function order(sample: Sample, entries: readonly LooseEntry[], seq: number) {
  const data = dataOf(entries, 'EXECUTION_AUTHORIZED');
  const { signature: _, ...body } = data.order;
  const fresh = { ...body, order_id: sha256Text(`order ${seq}`).slice(0, 32), log_seq: seq };
  const signature = base64(await sample.keys.governance.sign(jcsBytes(fresh)));
  return { ...data, order: { ...fresh, signature } };
}

/**
 * The zip of such a log's bundle. The log is made twice, once for its tree and once to be packed, and never held.
 *
 * @param each is told of every line once
 */
export async function longBundle(
  sample: Sample,
  count: number,
  each: (line: Uint8Array) => void = () => undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const origin = textOf(sample.files, 'log/checkpoint').split('\n')[0]!;
  const tree = new HashTiles();
  for await (const lines of longLog(sample, count))
    for (const line of lines) {
      tree.append(leafHash(line));
      each(line);
    }
  const root = hex(tree.root());
  const note = await signNote(formatCheckpoint({ origin, size: count, root }), origin, sample.keys.log);
  const packed = await buildBundle({
    log: { origin, lines: () => lineByLine(longLog(sample, count)) },
    blobs: sample.blobs,
    checkpoint: { origin, size: count, root, note },
    signers: sample.keys,
    run: null,
  });
  return zipBundle(packed);
}

async function* lineByLine(pieces: AsyncIterable<readonly Uint8Array[]>): AsyncGenerator<Uint8Array> {
  for await (const lines of pieces) yield* lines;
}
