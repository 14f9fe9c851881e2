/** Every parser that a stranger's bytes reach, fuzzed: a value, `undefined` or a typed error, and never more than that. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cosign,
  cosignerKey,
  DsseError,
  encodeSshsig,
  formatCosignerVkey,
  formatTlogProof,
  formatVkey,
  formatWitnessPolicy,
  jcs,
  JsonError,
  noteKey,
  parseAddCheckpoint,
  parseCanonical,
  parseCheckpoint,
  parseCosignerVkey,
  parseEnvelope,
  parseJson,
  parseNote,
  parsePublicKeyPem,
  parseStatement,
  parseTlogProof,
  parseVkey,
  parseWitnessPolicy,
  publicKeyPem,
  signerFromSeed,
  signNote,
  sshsigMessage,
  thresholdPolicy,
  utf8,
  verifyCosignature,
  verifyNote,
  verifySshsig,
  WitnessPolicyError,
} from '../crypto';
import { signStatement } from '../audit';
import { parseDisclosure } from '../privacy';
import { decodeRequest } from '../protocol/codec';
import type { SovereignError } from '../protocol/errors';
import { LIMITS } from '../protocol/limits';
import { readLogList, Witness, WitnessError } from '../witness';
import { memoryStore, TestLog } from '../witness/testkit';
import { checkNames, parseGovernanceKey, verifyEntryProof, VerifyError } from '.';
import { parsePython, PythonJsonError } from './seed/python';
import { dumpsPython } from './seed/python-write';
import { asText, inputs, refusal, weight } from './testing/fuzz';
import { freshSeed } from './testing/seed';

interface Door {
  runs: number;
  samples: (string | Uint8Array)[];
  words?: string[];
  /** What the door may throw; nothing else, ever. */
  errors?: (new (...args: never[]) => SovereignError)[];
  read: (input: Uint8Array) => unknown;
  /** Bytes past which it is refused, whatever it says. */
  limit?: number;
}

const seed = freshSeed('fuzz');
let total = 0;
afterAll(() => {
  console.info(`fuzz: ${total} inputs`);
  expect(total).toBeGreaterThanOrEqual(100_000);
});

const NAME = 'sovereign-node/0123456789abcdef';
const signer = await signerFromSeed(new Uint8Array(32).fill(7));
const log = new TestLog(NAME, signer, ['a', 'b', 'c', 'd', 'e']);
const own = await log.note(5);
const text = log.text(5);
const cosigned = own + (await cosign(text, 'witness.one', signer, 1_770_000_000));
const key = noteKey(NAME, signer.publicKey);
const witnessKey = cosignerKey('witness.one', signer.publicKey);
const policy = formatWitnessPolicy(thresholdPolicy([key], new Map([['w1', witnessKey]]), 1));
const addCheckpoint = await log.request(2, 5);
const proofText = formatTlogProof({ index: 3, proof: log.proof(3, 5), checkpointNote: cosigned, extra: utf8('x') });
const statement = {
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'model.json', digest: { sha256: 'ab'.repeat(32) } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: { a: [1, 2.5, null] },
};
const envelope = await signStatement(statement, signer);
const sshsig = encodeSshsig(signer.publicKey, 'n', await signer.sign(sshsigMessage('n', utf8('m'))));
const pem = publicKeyPem(signer.publicKey);
const entry =
  '{"data":{"a":"é"},"prev":"00","seq":3,"severity":"INFO","ts":"2026-01-02T03:04:05.000Z","type":"X","v":1}\n';
const opening = `{"pointer":"/data/note","salt":"${'ab'.repeat(16)}","seq":3,"value":"x"}`;
const seedBundle = readFileSync('docs/vectors/seed/compliance_bundle.json');
const dialect = readFileSync('docs/vectors/seed/dialect.jsonl', 'utf8').split('\n');
const NOTE_WORDS = ['\u2014 ', `${NAME}\n`, '\n\n', '5\n', 'AAAA', `\u2014 ${NAME} AAAAAAA=\n`, 'old 2\n', 'index 3\n'];
const JSON_WORDS = ['{"a":1,"a":2}', ',', ':', '"', '[]', '{}', '1e5', 'true', '\\"', '\\u0041', '"__proto__":'];

const DOORS: Record<string, Door> = {
  'signed note and checkpoint': {
    runs: 9_000,
    samples: [own, cosigned, 'o\n0\nAA==\n\n\u2014 o AAAAAAA=\n'],
    words: NOTE_WORDS,
    limit: 64 * 1024,
    read: (input) => {
      const note = parseNote(input);
      return note && { ...note, body: parseCheckpoint(note.text) };
    },
  },
  'checkpoint text': { runs: 6_000, samples: [text], words: NOTE_WORDS, read: (i) => parseCheckpoint(asText(i)) },
  'signature and cosignature of a note': {
    runs: 5_000,
    samples: [own, cosigned],
    words: NOTE_WORDS,
    read: async (input) => {
      const note = parseNote(input);
      return note && [await verifyNote(note, key), await verifyCosignature(note, witnessKey)];
    },
  },
  'verifier key': {
    runs: 6_000,
    samples: [formatVkey(key), formatCosignerVkey(witnessKey)],
    words: ['+', 'AQ==', '00000000'],
    read: (input) => [parseVkey(asText(input)), parseCosignerVkey(asText(input))],
  },
  'witness policy': {
    runs: 8_000,
    samples: [policy, `${policy.slice(0, -1)} # x\n`, 'quorum none\n'],
    words: ['group g 2 w1 w1\n', 'group g any none\n', 'quorum g\n', 'witness ', 'log ', ' all ', '\t', '# ', 'w1'],
    errors: [WitnessPolicyError],
    limit: LIMITS.witnessPolicyBytes,
    read: (input) => parseWitnessPolicy(asText(input)),
  },
  'tlog-proof': {
    runs: 9_000,
    samples: [proofText],
    words: [...NOTE_WORDS, 'c2sp.org/tlog-proof@v1\n', 'extra AA==\n', `${'A'.repeat(43)}=\n`],
    limit: 68 * 1024,
    read: (input) => parseTlogProof(input),
  },
  'body of add-checkpoint': {
    runs: 9_000,
    samples: [addCheckpoint],
    words: [...NOTE_WORDS, `${'A'.repeat(43)}=\n`],
    limit: 68 * 1024,
    read: (input) => parseAddCheckpoint(input),
  },
  'DSSE envelope and its statement': {
    runs: 9_000,
    samples: [envelope],
    words: [...JSON_WORDS, '"signatures":[]', '"payload":""'],
    errors: [DsseError],
    read: (input) => parseStatement(parseEnvelope(input)),
  },
  'in-toto statement': {
    runs: 6_000,
    samples: [jcs(statement), '{"_type":"https://in-toto.io/Statement/v1"}'],
    words: [...JSON_WORDS, '"subject":[]', '"digest":{}'],
    errors: [DsseError],
    read: (payload) => parseStatement({ payloadType: 'application/vnd.in-toto+json', payload, signatures: [] }),
  },
  'strict JSON': {
    runs: 10_000,
    samples: [entry, envelope, '[1,-0.5e-7,"\\u00e9",{"":null}]'],
    words: JSON_WORDS,
    errors: [JsonError],
    read: (input) => parseJson(input),
  },
  'canonical JSON': {
    runs: 8_000,
    samples: [entry.slice(0, -1), envelope],
    words: JSON_WORDS,
    errors: [JsonError],
    read: (input) => parseCanonical(input),
  },
  "Python's JSON": {
    runs: 9_000,
    samples: [...dialect, seedBundle.subarray(0, 1_500)],
    words: [...JSON_WORDS, 'NaN', '-Infinity', '1E+2', '1'.repeat(4_301)],
    errors: [PythonJsonError],
    read: (input) => {
      const { value } = parsePython(asText(input));
      return [value, dumpsPython(value)];
    },
  },
  'PEM of a pinned key': {
    runs: 5_000,
    samples: [pem, `  ${pem.replaceAll('\n', '\r\n')}`],
    words: ['-----BEGIN PUBLIC KEY-----\n', '\n-----END PUBLIC KEY-----\n', 'MCowBQYDK2VwAyEA', 'AAAA'],
    errors: [VerifyError],
    limit: 2_048,
    read: (input) => [parsePublicKeyPem(asText(input)), parseGovernanceKey(asText(input))],
  },
  SSHSIG: {
    runs: 4_000,
    samples: [sshsig],
    words: ['-----BEGIN SSH SIGNATURE-----\n', '\n-----END SSH SIGNATURE-----\n', 'U1NIU0lH', 'AAAA'],
    read: (input) => verifySshsig(asText(input), signer.publicKey, 'n', utf8('m')),
  },
  'names of files': {
    runs: 5_000,
    samples: ['log/entries.jsonl\nlog/tile/0/x001/234.p/7\nkeys/policy.txt', 'a/b\na/B\nc'],
    words: ['..', '/', './', 'CON', 'a\n', 'log/tile/0/', '\\', '%2e', '~', '-rf'],
    errors: [VerifyError],
    read: (input) => {
      const names = asText(input).split('\n');
      checkNames(names);
      return names;
    },
  },
  'opened fields': {
    runs: 4_000,
    samples: [opening],
    words: [...JSON_WORDS, '"seq":-1', '"pointer":"/a~2"'],
    read: (input) => parseDisclosure(input),
  },
  'list of logs': {
    runs: 3_000,
    samples: [`# logs\n${formatVkey(key)}\n`],
    words: ['#', '\n', '+'],
    errors: [WitnessError],
    read: (input) => readLogList(asText(input)),
  },
  'proof of one entry': {
    runs: 4_000,
    samples: [proofText, entry],
    words: [...NOTE_WORDS, ...JSON_WORDS],
    errors: [VerifyError],
    read: async (input) => [
      await verifyEntryProof({ proof: input, entry: utf8(entry) }, { witnessPolicy: policy }),
      await verifyEntryProof({ proof: utf8(proofText), entry: input }).catch((e: unknown) => refusal(e, [VerifyError])),
    ],
  },
};

describe('a value, undefined or a typed error', () => {
  test.each(Object.entries(DOORS))('%s', async (_name, { runs, samples, words = [], errors = [], read }) => {
    // The samples are what the door takes, or nothing below would mean anything.
    expect(await read(Uint8Array.from(Buffer.from(samples[0]!)))).toBeTruthy();
    const property = fc.asyncProperty(inputs(samples, words), async (input) => {
      total += 1;
      let made: unknown;
      try {
        made = await read(input);
      } catch (error) {
        expect(refusal(error, errors)).toMatch(/^[a-z_]+$/);
      }
      // What is made of an input is no more than some times the input, whatever it promises.
      expect(weight(made)).toBeLessThan(2_000 + 64 * input.length);
    });
    await fc.assert(property, { numRuns: runs, seed });
  });

  test.each(Object.entries(DOORS).filter(([, door]) => door.limit !== undefined))(
    '%s: past its limit nothing is taken',
    async (_name, { samples, limit, errors = [], read }) => {
      const [first] = samples.map((sample) => Buffer.from(sample));
      const long = Buffer.concat([first!, ...Array.from({ length: limit! / first!.length + 1 }, () => first!)]);
      try {
        expect(await read(long)).toBeUndefined();
      } catch (error) {
        refusal(error, errors);
      }
    },
  );
});

describe('a witness', () => {
  let witness: Witness;
  beforeAll(async () => {
    const clock = { now: () => 1_770_000_000_000, monotonic: () => 0 };
    witness = new Witness({ name: 'w', signer, clock, store: memoryStore(), logs: [key], open: true });
    expect((await witness.addCheckpoint(await log.request(0, 2))).status).toBe(200);
  });

  test('answers each request with a status of C2SP, and cosigns nothing but the log', async () => {
    const other = await signNote(text, 'other.example', signer);
    const requests = inputs([addCheckpoint, `old 2\n\n${own}`, `old 0\n\n${other}`, own], NOTE_WORDS);
    const seen = new Set<number>();
    const property = fc.asyncProperty(requests, fc.boolean(), async (input, isLog) => {
      total += 1;
      const { status, body } = await (isLog ? witness.addLog(input) : witness.addCheckpoint(input));
      seen.add(status);
      expect([200, 400, 403, 404, 409, 422, 503]).toContain(status);
      expect(body.length).toBeLessThan(400);
    });
    await fc.assert(property, { numRuns: 4_000, seed });
    expect(seen).toContain(400);
    // What anyone may have sent proves nothing against the log.
    expect(witness.forks().filter((fork) => fork.proven)).toEqual([]);
  });
});

test('a request on the wire: a name with parameters, or none', () => {
  const anything = fc.oneof(fc.anything(), fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 2 }));
  const property = fc.property(anything, (wire) => {
    total += 1;
    const request = decodeRequest(wire);
    if (request !== undefined) expect(typeof request.name).toBe('string');
  });
  fc.assert(property, { numRuns: 6_000, seed });
});
