import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { sha256Text, utf8 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import {
  accepted,
  bytesSource,
  fileReader,
  memoryReader,
  verifyBundle,
  VerifyError,
  type BundleReader,
  type Report,
} from '..';
import { parsePython } from './python';
import { dumpsPython } from './python-write';

const BUNDLE = 'compliance_bundle.json';
const LOG = 'immutable_audit.jsonl';
const bundleText = readFileSync(`docs/vectors/seed/${BUNDLE}`, 'utf8');
const logText = readFileSync(`docs/vectors/seed/${LOG}`, 'utf8');

const verify = (name: string, text: string | Uint8Array): Promise<Report> =>
  verifyBundle(memoryReader([{ path: name, bytes: typeof text === 'string' ? utf8(text) : text }]));
/** As a file that a person picked. */
const verifyFile = async (name: string, bytes: Uint8Array): Promise<Report> =>
  verifyBundle(await fileReader(name, bytesSource(bytes)));
const codes = (report: Report): string[] => report.problems.map(({ code }) => code);

interface Block {
  [key: string]: unknown;
  data: Record<string, unknown>;
  previous_hash: string;
  hash: string;
}
interface Bundle {
  [key: string]: unknown;
  audit_trail: { total_blocks: number; blocks: Block[] };
}
const parsed = (): Bundle => JSON.parse(bundleText) as Bundle;
const asText = (bundle: Bundle): string => JSON.stringify(bundle, null, 2);

/** The vectors hold no number and no character that JSON.stringify and json.dumps spell differently. */
function rehash(blocks: Block[]): void {
  let previous = blocks[0]!.previous_hash;
  for (const block of blocks) {
    const { hash: _, ...rest } = { ...block, previous_hash: previous };
    block.previous_hash = previous;
    block.hash = previous = sha256Text(dumpsPython(parsePython(JSON.stringify(rest)).value));
  }
}

describe("the seed's bundle", () => {
  test('as it was exported: intact, unauthenticated', async () => {
    const report = await verify(BUNDLE, bundleText);
    expect(report.format).toBe('seed-compliance-bundle');
    expect(report.verdicts).toEqual({
      integrity: 'pass',
      authenticity: 'unknown',
      nonEquivocation: 'unknown',
      time: 'unknown',
      policyReplay: 'unknown',
      execution: 'unknown',
    });
    expect(report.reasons.authenticity).toMatch(/^intact, unauthenticated: 7 signatures truncated.*inside the bundle/);
    expect(report.problems).toEqual([
      {
        code: 'truncated_signature',
        where: `${BUNDLE}:audit_trail.blocks[1]`,
        message: expect.stringMatching(/^7 signatures/),
        verdict: 'authenticity',
      },
    ]);
    expect(report.facts).toMatchObject({
      entries: 21,
      files: 1,
      bytes: bundleText.length,
      firstTime: '2026-11-21T00:06:28.365641',
      governanceKey: '1b26517440b46f6ada589cf0d1f376936ae5c2b3b7d820aeb9d41c450dc5a0e8',
    });
    expect(accepted(report, {})).toBe(true);
  });

  test('is known by what it says under any name, and is the same zipped', async () => {
    const plain = await verify(BUNDLE, bundleText);
    for (const name of ['evidence.json', 'my bundle (1).json', BUNDLE])
      expect(await verifyFile(name, utf8(bundleText)), name).toEqual(plain);
    for (const name of [BUNDLE, `artifacts/20261121_000628/${BUNDLE}`, 'iron_path.json']) {
      const zipped = await verifyFile('compliance.zip', zipSync({ [name]: utf8(bundleText) }));
      expect(zipped, name).toEqual(plain);
    }
  });

  test('with the very key that is in it: still not authentic; with another: fails', async () => {
    const reader = memoryReader([{ path: BUNDLE, bytes: utf8(bundleText) }]);
    const key = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
    const own = { governanceKey: key(parsed()['public_key'] as string) };
    const report = await verifyBundle(reader, own);
    expect(report.verdicts.authenticity).toBe('unknown');
    expect(report.reasons.authenticity).toMatch(/has signed nothing in it that can be checked/);
    expect(accepted(report, own)).toBe(false);
    const foreign = { governanceKey: key('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a') };
    const other = await verifyBundle(reader, foreign);
    expect(other.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'fail' });
    expect(codes(other)).toContain('foreign_key');
  });

  test('an edited block is named, once, with both hashes', async () => {
    const bundle = parsed();
    bundle.audit_trail.blocks[5]!.data['status'] = 'failed';
    const report = await verify(BUNDLE, asText(bundle));
    expect(report.verdicts).toMatchObject({ integrity: 'fail', authenticity: 'unknown' });
    expect(report.problems[0]).toMatchObject({ code: 'wrong_hash', where: `${BUNDLE}:audit_trail.blocks[5]` });
    expect(codes(report)).toEqual(['wrong_hash', 'truncated_signature']);
    expect(report.reasons.integrity).toMatch(/^Block 5: it was changed after it was hashed: it states [0-9a-f]{16}…/);
    expect(report.reasons.authenticity).toMatch(/^unauthenticated/);
  });

  test('ATTACK: an edit that rehashes its own block is a broken link at the next', async () => {
    const bundle = parsed();
    const block = bundle.audit_trail.blocks[5]!;
    block.data['status'] = 'failed';
    rehash([block]);
    const report = await verify(BUNDLE, asText(bundle));
    expect(report.problems[0]).toMatchObject({ code: 'broken_link', where: `${BUNDLE}:audit_trail.blocks[6]` });
  });

  test('ATTACK: an edit with the rest rehashed, or a tail cut with the count corrected, is never authentic', async () => {
    const edited = parsed();
    edited.audit_trail.blocks[5]!.data['status'] = 'failed';
    rehash(edited.audit_trail.blocks);
    const cut = parsed();
    cut.audit_trail.blocks.length = cut.audit_trail.total_blocks = 12;
    for (const bundle of [edited, cut]) {
      const report = await verify(BUNDLE, asText(bundle));
      expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'unknown', nonEquivocation: 'unknown' });
      expect(report.reasons.authenticity).toMatch(/^intact, unauthenticated: .* can also write every hash in it\.$/);
      expect(report.reasons.nonEquivocation).toMatch(/a tail that was cut off, or another history, cannot be seen/);
    }
  });

  test('ATTACK: head cut, tail cut, blocks swapped, doubled, none at all', async () => {
    const attacks: Record<string, (blocks: Block[]) => void> = {
      missing_genesis: (blocks) => void blocks.shift(),
      wrong_count: (blocks) => void blocks.pop(),
      broken_link: (blocks) => void blocks.splice(3, 2, blocks[4]!, blocks[3]!),
      bad_header: (blocks) => void blocks.splice(0),
    };
    for (const [code, attack] of Object.entries(attacks)) {
      const bundle = parsed();
      attack(bundle.audit_trail.blocks);
      if (code !== 'wrong_count') bundle.audit_trail.total_blocks = bundle.audit_trail.blocks.length;
      expect(codes(await verify(BUNDLE, asText(bundle))), code).toContain(code);
    }
    const doubled = parsed();
    doubled.audit_trail.blocks.push(doubled.audit_trail.blocks[20]!);
    doubled.audit_trail.total_blocks += 1;
    expect(codes(await verify(BUNDLE, asText(doubled)))).toContain('broken_link');
  });

  test('ATTACK: a second value behind the same key, which Python would drop unseen', async () => {
    const report = await verify(BUNDLE, bundleText.replace('"role": "pipe', '"role": "admin", "role": "pipe'));
    expect(report.problems[0]).toMatchObject({ code: 'duplicate_key', where: BUNDLE });
    expect(report.verdicts.integrity).toBe('fail');
  });

  test('what is outside the blocks is exactly what the seed writes there', async () => {
    const edits: [from: string, to: string][] = [
      ['"is_valid": true', '"is_valid": false'],
      ['"issues": []', '"issues": ["none"]'],
      ['"total_blocks": 21', '"total_blocks": 21.0'],
      ['"algorithm": "Ed25519"', '"algorithm": "none"'],
      ['"version": "1.0.0"', '"version": "1.0.1"'],
      ['"metadata": {', '"approved": true, "metadata": {'],
      ['Project-AI Sovereign', 'Project-AI sovereign'],
      ['"generated_at": "2026-11-21', '"generated_at": "2026-11-31'],
      ['"generated_at": "2026-11-21', '"generated_at": "2027-11-21'],
      ['"public_key": "1b26', '"public_key": "1B26'],
    ];
    for (const [from, to] of edits) {
      expect(bundleText).toContain(from);
      const report = await verify(BUNDLE, bundleText.replace(from, to));
      expect(report.problems[0]?.code, to).toMatch(/^(bad_header|wrong_count)$/);
      expect(report.verdicts.integrity, to).toBe('fail');
    }
  });
});

describe('files beside the bundle', () => {
  // Python's own hash of its own text, floats included.
  const artifact = '{"stage": "train", "output": {"split": 0.8, "rate": 1e-07, "note": "\\u00e9", "big": 1e16}}';
  const hash = 'f9da8846cca965f1d6456c5b854c4ed010a9267c3cf342b0619b54bb855387f9';
  const name = 'stage_train_00000000.json';
  const withArtifact = (stated: string): string => {
    const bundle = parsed();
    Object.assign(bundle.audit_trail.blocks[5]!.data, { artifact_hash: stated, artifact_path: `C:\\old\\${name}` });
    rehash(bundle.audit_trail.blocks);
    return asText(bundle);
  };
  const judge = (text: string, files: Record<string, string>): Promise<Report> => {
    const all = Object.entries({ [BUNDLE]: text, ...files });
    return verifyFile('evidence.zip', zipSync(Object.fromEntries(all.map(([path, body]) => [path, utf8(body)]))));
  };

  test('an artifact is checked against the block that names it', async () => {
    const whole = `${artifact.slice(0, -1)}, "artifact_hash": "${hash}"}`;
    const report = await judge(withArtifact(hash), { [name]: whole });
    expect(report.verdicts.integrity).toBe('pass');
    expect(report.reasons.integrity).toMatch(/ 1 artifact as a block states it\./);
    const other = await judge(withArtifact(hash), { [name]: whole.replace('0.8', '0.9') });
    expect(other.problems[0]).toMatchObject({ code: 'wrong_artifact', where: name });
  });

  test('any other file is refused by name, and two bundles in one are not guessed between', async () => {
    const report = await judge(bundleText, { 'readme.txt': 'trust me' });
    expect(report.problems[0]).toMatchObject({ code: 'extra_file', where: 'readme.txt' });
    await expect(judge(bundleText, { [`other/${BUNDLE}`]: bundleText })).rejects.toMatchObject({
      code: 'not_a_bundle',
    });
    await expect(judge(bundleText, { [LOG]: logText })).rejects.toThrow(VerifyError);
  });
});

describe("the seed's log", () => {
  const lines = logText.trimEnd().split('\n');

  test('as the seed wrote it: intact, unauthenticated', async () => {
    const report = await verify(LOG, logText);
    expect(report.format).toBe('seed-audit-log');
    expect(report.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'unknown' });
    expect(report.reasons.authenticity).toMatch(/^intact, unauthenticated: 2 signatures truncated.* names no key/);
    expect(report.problems.map(({ code, where }) => [code, where])).toEqual([['truncated_signature', `${LOG}:2`]]);
    expect(report.facts).toMatchObject({ entries: 5, governanceKey: null });
    expect(await verifyFile('log.txt', utf8(logText))).toEqual(report);
  });

  test('floats, big integers, NaN, escapes and lone surrogates, hashed by Python', async () => {
    const report = await verify(LOG, readFileSync('docs/vectors/seed/dialect.jsonl'));
    expect(codes(report)).toEqual([]);
    expect(report.verdicts.integrity).toBe('pass');
    expect(report.facts.entries).toBe(6);
  });

  test('a line that cannot be read is named, and the rest is still judged', async () => {
    const torn = [...lines.slice(0, 2), lines[2]!.slice(0, 40), ...lines.slice(3)].join('\n');
    expect((await verify(LOG, torn)).problems[0]).toMatchObject({ code: 'bad_json', where: `${LOG}:3` });
    const blank = [lines[0]!, '', ...lines.slice(1)].join('\n');
    expect((await verify(LOG, blank)).problems[0]).toMatchObject({ code: 'bad_json', where: `${LOG}:2` });
    const long = `${lines[0]}\n${' '.repeat(LIMITS.seedLineBytes)}${lines[1]}\n`;
    expect((await verify(LOG, long)).problems[0]).toMatchObject({ code: 'too_large', where: `${LOG}:2` });
    for (const text of ['', '\n', '\xff', 'null', '[]', '{}']) {
      const report = await verify(LOG, text);
      expect(report.verdicts.integrity, JSON.stringify(text)).toBe('fail');
    }
  });

  test('a cut tail is intact, and said to be unseen; a cut head is found', async () => {
    const cut = await verify(LOG, lines.slice(0, 3).join('\n'));
    expect(cut.verdicts).toMatchObject({ integrity: 'pass', authenticity: 'unknown', nonEquivocation: 'unknown' });
    expect(codes(await verify(LOG, lines.slice(1).join('\n')))).toContain('missing_genesis');
  });

  test('comes in pieces of any size, and can be cancelled', async () => {
    const bytes = utf8(logText);
    const whole = await verify(LOG, logText);
    for (const size of [1, 7, 64, 463]) {
      const reader: BundleReader = {
        ...memoryReader([{ path: LOG, bytes }]),
        async *stream() {
          for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
        },
      };
      expect(await verifyBundle(reader), String(size)).toEqual(whole);
    }
    const reader = memoryReader([{ path: LOG, bytes }]);
    await expect(verifyBundle(reader, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
