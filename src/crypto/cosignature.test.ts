import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  base64,
  cosign,
  cosignerKey,
  formatAddCheckpoint,
  formatCheckpoint,
  formatCosignerVkey,
  formatTlogProof,
  fromBase64,
  fromHex,
  leafHash,
  noteKey,
  parseAddCheckpoint,
  parseCheckpoint,
  parseCosignerVkey,
  parseNote,
  parseTlogProof,
  parseVkey,
  sha256,
  sha256Text,
  signNote,
  signerFromSeed,
  utf8,
  verifyConsistency,
  verifyCosignature,
  verifyInclusion,
  verifyNote,
} from './index';

interface Vectors {
  entries: string[];
  log_vkey: string;
  witness_vkeys: string[];
  checkpoint: string;
  cosigned: string;
  times: number[];
  add_checkpoint: { old_size: number; old_root: string; body: string }[];
  proofs: { index: number; text: string }[];
}
const vectors = JSON.parse(
  readFileSync(new URL('../../docs/vectors/witness.json', import.meta.url), 'utf8'),
) as Vectors;

const log = await signerFromSeed(new Uint8Array(32).fill(1));
const witness = await signerFromSeed(new Uint8Array(32).fill(2));
const NAME = 'witness.example/w1';
const key = cosignerKey(NAME, witness.publicKey);
const text = formatCheckpoint({ origin: 'log.example/a', size: 3, root: sha256Text('x') });
const own = await signNote(text, 'log.example/a', log);

describe('cosignature', () => {
  test("Go's cosigned checkpoint verifies, and is written to the same bytes", async () => {
    const note = parseNote(vectors.cosigned)!;
    expect(await verifyNote(note, parseVkey(vectors.log_vkey)!)).toBe(true);
    let written = vectors.checkpoint;
    for (const [i, vkey] of vectors.witness_vkeys.entries()) {
      const witnessKey = parseCosignerVkey(vkey)!;
      expect(formatCosignerVkey(witnessKey)).toBe(vkey);
      expect(await verifyCosignature(note, witnessKey)).toBe(vectors.times[i]);
      const signer = await signerFromSeed(new Uint8Array(32).fill(2 + i));
      written += await cosign(note.text, witnessKey.name, signer, vectors.times[i]!);
    }
    expect(written).toBe(vectors.cosigned);
  });

  test('holds for its checkpoint, key, name and time, and for nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 8_640_000_000_000 }), fc.nat(), fc.nat(7), async (time, at, bit) => {
        const line = await cosign(text, NAME, witness, time);
        const note = parseNote(own + line)!;
        expect(await verifyCosignature(note, key)).toBe(time);
        const bytes = fromBase64(line.trimEnd().split(' ')[2]!)!;
        bytes[at % bytes.length]! ^= 1 << bit;
        const forged = parseNote(`${own}\u2014 ${NAME} ${base64(bytes)}\n`)!;
        expect(await verifyCosignature(forged, key)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
    const note = parseNote(own + (await cosign(text, NAME, witness, 1)))!;
    expect(await verifyCosignature({ ...note, text: text.replace('3', '4') }, key)).toBeUndefined();
    expect(await verifyCosignature(note, cosignerKey('other', witness.publicKey))).toBeUndefined();
    expect(await verifyCosignature(note, cosignerKey(NAME, log.publicKey))).toBeUndefined();
    expect(await verifyCosignature(parseNote(own)!, key)).toBeUndefined();
  });

  test('of two by one witness the earlier time counts, and a wrong one beside a right one spoils both', async () => {
    const twice = own + (await cosign(text, NAME, witness, 9)) + (await cosign(text, NAME, witness, 7));
    expect(await verifyCosignature(parseNote(twice)!, key)).toBe(7);
    const elsewhere = await cosign(text.replace('3', '4'), NAME, witness, 7);
    expect(await verifyCosignature(parseNote(twice + elsewhere)!, key)).toBeUndefined();
  });

  test('a log signature by the same key in the same name is no cosignature, nor the other way round', async () => {
    const asLog = parseNote(await signNote(text, NAME, witness))!;
    expect(await verifyCosignature(asLog, key)).toBeUndefined();
    const asWitness = parseNote(own + (await cosign(text, NAME, witness, 1)))!;
    expect(await verifyNote(asWitness, noteKey(NAME, witness.publicKey))).toBe(false);
  });

  test.each([-1, 1.5, NaN, 8_640_000_000_001])('%d is no time', async (time) => {
    await expect(cosign(text, NAME, witness, time)).rejects.toThrow(RangeError);
  });

  test('a time past what a date can say is refused although it is signed', async () => {
    const late = 8_640_000_000_001n;
    const signature = await witness.sign(utf8(`cosignature/v1\ntime ${late}\n${text}`));
    const stamp = new Uint8Array(8);
    new DataView(stamp.buffer).setBigUint64(0, late);
    const line = base64(Uint8Array.from([...fromHex(key.id)!, ...stamp, ...signature]));
    expect(await verifyCosignature(parseNote(`${own}\u2014 ${NAME} ${line}\n`)!, key)).toBeUndefined();
  });

  test("a log's vkey is none of a witness, and a key of small order is refused", () => {
    expect(parseCosignerVkey(vectors.log_vkey)).toBeUndefined();
    expect(parseVkey(vectors.witness_vkeys[0]!)).toBeUndefined();
    const identity = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));
    expect(parseCosignerVkey(formatCosignerVkey(cosignerKey('w', identity)))).toBeUndefined();
  });
});

describe('proof texts', () => {
  const leaves = vectors.entries.map((entry) => leafHash(utf8(entry)));
  const root = fromHex(parseCheckpoint(parseNote(vectors.checkpoint)!.text)!.root)!;

  test.each(vectors.add_checkpoint)("Go's consistency proof from $old_size", ({ old_size, old_root, body }) => {
    const request = parseAddCheckpoint(body)!;
    expect(request.oldSize).toBe(old_size);
    expect(formatAddCheckpoint(request)).toBe(body);
    const holds = verifyConsistency(old_size, 11, fromBase64(old_root)!, root, request.proof);
    expect(holds).toBe(old_size > 0);
  });

  test.each(vectors.proofs)("Go's inclusion proof of entry $index", ({ index, text: proofText }) => {
    const proof = parseTlogProof(proofText)!;
    expect(formatTlogProof(proof)).toBe(proofText);
    expect(verifyInclusion(leaves[index]!, proof.index, 11, proof.proof, root)).toBe(true);
    expect(verifyInclusion(leaves[index]!, proof.index + 1, 11, proof.proof, root)).toBe(false);
  });

  test('parse(format(x)) is x', () => {
    const hash = fc.string().map((s) => sha256(utf8(s.toWellFormed())));
    const proof = fc.array(hash, { maxLength: 63 });
    const number = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const extra = fc.option(fc.uint8Array({ maxLength: 100 }), { nil: undefined });
    fc.assert(
      fc.property(number, proof, extra, (n, hashes, opaque) => {
        const add = { oldSize: n, proof: hashes, checkpointNote: own };
        expect(parseAddCheckpoint(formatAddCheckpoint(add))).toEqual(add);
        const base = { index: n, proof: hashes, checkpointNote: own };
        const one = opaque ? { ...base, extra: Uint8Array.from(opaque) } : base;
        expect(parseTlogProof(utf8(formatTlogProof(one)))).toEqual(one);
      }),
    );
  });

  test('what is accepted is written back to the same bytes, whatever comes in', () => {
    const pieces = [
      'old 1\n',
      'old 01\n',
      'c2sp.org/tlog-proof@v1\n',
      'index 0\n',
      'extra AA==\n',
      'extra \n',
      '\n',
      own,
    ];
    const hash = `${base64(sha256(utf8('a')))}\n`;
    const line = fc.constantFrom(...pieces, hash, hash.replace('=', ''), ' \n');
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: line }, fc.string())), (parts) => {
        const input = parts.join('');
        const add = parseAddCheckpoint(input);
        if (add) expect(formatAddCheckpoint(add)).toBe(input);
        const proof = parseTlogProof(input);
        if (proof) expect(formatTlogProof(proof)).toBe(input);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['no old line', `\n${own}`],
    ['a leading zero', `old 01\n\n${own}`],
    ['a sign', `old +1\n\n${own}`],
    ['more than 2^53', `old 9007199254740993\n\n${own}`],
    ['no empty line', `old 1\n${own}`],
    ['a short hash', `old 1\nAAAA\n\n${own}`],
    ['64 hashes', `old 1\n${`${base64(new Uint8Array(32))}\n`.repeat(64)}\n${own}`],
    ['carriage returns', `old 1\r\n\r\n${own}`],
    ['no note', 'old 1\n\n'],
    ['too long', `old 1\n\n${own}${own.slice(own.lastIndexOf('\u2014')).repeat(600)}`],
  ])('%s is no add-checkpoint body', (_, body) => {
    expect(parseAddCheckpoint(body)).toBeUndefined();
    expect(parseAddCheckpoint(utf8(body))).toBeUndefined();
  });

  test('bad UTF-8 is no proof', () => {
    expect(parseTlogProof(Uint8Array.of(0xff))).toBeUndefined();
  });
});
