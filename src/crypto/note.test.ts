import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import {
  base64,
  formatCheckpoint,
  formatVkey,
  fromBase64,
  noteKey,
  parseCheckpoint,
  parseNote,
  parseVkey,
  sha256Text,
  signNote,
  signerFromSeed,
  utf8,
  verifyNote,
} from './index';

/** The example of Go's `golang.org/x/mod/sumdb/note` documentation. */
const GO_VKEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const GO_SEED = 'gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=';
const GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE = `${GO_TEXT}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

const signer = await signerFromSeed(new Uint8Array(32).fill(7));
const key = noteKey('sovereign-node/0123456789abcdef', signer.publicKey);

describe('signed note', () => {
  test("verifies Go's example and signs it to the same bytes", async () => {
    const goKey = parseVkey(GO_VKEY)!;
    expect(formatVkey(goKey)).toBe(GO_VKEY);
    expect(await verifyNote(parseNote(GO_NOTE)!, goKey)).toBe(true);
    const goSigner = await signerFromSeed(fromBase64(GO_SEED)!);
    expect(await signNote(GO_TEXT, 'PeterNeumann', goSigner)).toBe(GO_NOTE);
  });

  test('no flipped bit is accepted', async () => {
    const bytes = utf8(await signNote('some text\nof two lines\n', key.name, signer));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Uint8Array.from(bytes);
        changed[at] = changed[at]! ^ (1 << bit);
        const note = parseNote(changed);
        expect(note !== undefined && (await verifyNote(note, key))).toBe(false);
      }),
    );
  });

  test('another key, another name and a missing signature are refused', async () => {
    const note = parseNote(await signNote('text\n', key.name, signer))!;
    const other = await signerFromSeed(new Uint8Array(32).fill(8));
    expect(await verifyNote(note, noteKey(key.name, other.publicKey))).toBe(false);
    expect(await verifyNote(note, noteKey('elsewhere', signer.publicKey))).toBe(false);
    expect(await verifyNote({ ...note, signatures: [] }, key)).toBe(false);
  });

  test('a witness signature of an unknown kind beside ours does not disturb', async () => {
    const witness = `\u2014 witness.example/w1 ${base64(new Uint8Array(76).fill(1))}\n`;
    const note = parseNote((await signNote('text\n', key.name, signer)) + witness)!;
    expect(note.signatures.map((s) => s.name)).toEqual([key.name, 'witness.example/w1']);
    expect(await verifyNote(note, key)).toBe(true);
  });

  test.each([
    ['no blank line', 'text\n\u2014 a AAAAAAA=\n'],
    ['no signature', 'text\n\n'],
    ['no LF at the end', GO_NOTE.slice(0, -1)],
    ['hyphen for the em dash', GO_NOTE.replace('\u2014', '-')],
    ['carriage returns', GO_NOTE.replaceAll('\n', '\r\n')],
    ['white space after a signature', GO_NOTE.replace(/\n$/, ' \n')],
    ['too many signatures', GO_NOTE + GO_NOTE.slice(GO_TEXT.length + 1).repeat(100)],
  ])('%s is no note', (_, text) => {
    expect(parseNote(text)).toBeUndefined();
  });

  test('bad UTF-8 is no note', () => {
    expect(parseNote(Uint8Array.of(0xff, 0x0a))).toBeUndefined();
  });
});

describe('vkey', () => {
  test.each([
    ['a wrong hash', GO_VKEY.replace('c74f20a3', 'c74f20a4')],
    ['another algorithm', GO_VKEY.replace('+AR', '+AB')],
    ['a space in the name', GO_VKEY.replace('Peter', 'Pet r')],
    ['nothing', ''],
  ])('%s is refused', (_, text) => {
    expect(parseVkey(text)).toBeUndefined();
  });

  test('a name with white space or + cannot be made', () => {
    expect(() => noteKey('a b', signer.publicKey)).toThrow(TypeError);
    expect(() => noteKey('a+b', signer.publicKey)).toThrow(TypeError);
    expect(() => noteKey('', signer.publicKey)).toThrow(TypeError);
  });
});

describe('checkpoint', () => {
  test('parse(format(x)) is x', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.string(), (size, seed) => {
        const body = { origin: key.name, size, root: sha256Text(seed.toWellFormed()) };
        expect(parseCheckpoint(formatCheckpoint(body))).toEqual(body);
      }),
    );
  });

  test('extension lines are allowed, empty ones are not', () => {
    const text = formatCheckpoint({ origin: 'o', size: 1, root: sha256Text('x') });
    expect(parseCheckpoint(`${text}extension\n`)?.size).toBe(1);
    expect(parseCheckpoint(`${text}\nextension\n`)).toBeUndefined();
  });

  test.each(['', '\n1\nAA==\n', 'o\n01\nAA==\n', 'o\n-1\nAA==\n', 'o\n1\nAA==\n', 'o\n1e3\n', 'o\n9999999999999999\n'])(
    '%j is no checkpoint',
    (text) => {
      expect(parseCheckpoint(text)).toBeUndefined();
    },
  );

  test('an empty log has the empty root', () => {
    expect(parseCheckpoint(formatCheckpoint({ origin: 'o', size: 0, root: sha256Text('') }))?.size).toBe(0);
    expect(parseCheckpoint(formatCheckpoint({ origin: 'o', size: 0, root: sha256Text('x') }))).toBeUndefined();
  });
});
