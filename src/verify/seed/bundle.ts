import { equalBytes, fromHex, isSafePublicKey } from '../../crypto';
import type { VerifyOptions } from '../types';
import { isArray, isObject, SEED_TIME } from './block';
import type { PythonObject, PythonValue } from './python';
import { dumpsPython } from './python-write';
import type { SeedFindings } from './report';

export const BUNDLE_NAME = 'compliance_bundle.json';
export const blockPath = (index: number): string => `${BUNDLE_NAME}:audit_trail.blocks[${index}]`;

/** What the seed writes into every bundle. No hash covers it, so only these very values are free of doubt. */
const CONSTANTS: readonly (readonly [path: string, dumps: string])[] = [
  ['version', '"1.0.0"'],
  ['sovereign_runtime_version', '"1.0.0"'],
  ['algorithm', '"Ed25519"'],
  ['integrity_verification.is_valid', 'true'],
  ['integrity_verification.issues', '[]'],
  ['metadata.system', '"Project-AI Sovereign Runtime"'],
  ['metadata.description', '"Cryptographically verifiable compliance bundle"'],
  [
    'metadata.verification_instructions',
    '"Use verify_audit_trail_integrity() to verify hash chain. Use public_key to verify all signatures."',
  ],
];

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  '': [
    'version',
    'generated_at',
    'sovereign_runtime_version',
    'public_key',
    'algorithm',
    'audit_trail',
    'integrity_verification',
    'metadata',
  ],
  audit_trail: ['total_blocks', 'blocks'],
  integrity_verification: ['is_valid', 'issues', 'verified_at'],
  metadata: ['system', 'description', 'verification_instructions'],
};

/** Judges a `compliance_bundle.json` of version 1.0.0: every block, then what stands around them. */
export function judgeBundle(bundle: PythonValue, findings: SeedFindings, options: VerifyOptions): void {
  const { chain } = findings;
  const wrong = (path: string, message: string): void =>
    findings.fail('integrity', 'bad_header', path === '' ? BUNDLE_NAME : `${BUNDLE_NAME}:${path}`, message);
  if (!isObject(bundle)) return wrong('', 'The bundle is not an object.');
  const blocks = at(bundle, 'audit_trail.blocks');
  if (!isArray(blocks)) return wrong('audit_trail.blocks', 'The list of blocks is missing.');
  for (const [i, block] of blocks.entries()) {
    findings.flaws(chain.add(block), blockPath(i));
    if (i % 256 === 0) findings.step('blocks', i, blocks.length);
  }
  if (blocks.length === 0) wrong('audit_trail.blocks', 'The trail has no blocks, not even a genesis.');
  const total = at(bundle, 'audit_trail.total_blocks');
  if (total === undefined || dumpsPython(total) !== String(blocks.length))
    findings.fail(
      'integrity',
      'wrong_count',
      `${BUNDLE_NAME}:audit_trail.total_blocks`,
      `The bundle states another number of blocks than the ${blocks.length} in it: some were cut off or added.`,
    );
  checkHeader(bundle, wrong);
  checkKey(bundle, findings, options, wrong);
}

type Wrong = (path: string, message: string) => void;

function checkHeader(bundle: PythonObject, wrong: Wrong): void {
  for (const [path, fields] of Object.entries(FIELDS)) {
    const object = path === '' ? bundle : bundle.get(path);
    if (!isObject(object) || [...object.keys()].sort().join() !== [...fields].sort().join())
      wrong(path, `The fields are not those of version 1.0.0: ${fields.join(', ')}.`);
  }
  for (const [path, dumps] of CONSTANTS) {
    const value = at(bundle, path);
    if (value !== undefined && dumpsPython(value) !== dumps) wrong(path, `Version 1.0.0 writes ${dumps} here.`);
  }
  const [generated, verified] = ['generated_at', 'integrity_verification.verified_at'].map((path) => {
    const time = at(bundle, path);
    if (typeof time === 'string' && isMoment(time)) return time;
    wrong(path, 'This is not a time as Python writes it.');
    return undefined;
  });
  if (generated !== undefined && verified !== undefined && verified < generated)
    wrong('integrity_verification.verified_at', 'The bundle says that it was checked before it was made.');
}

function checkKey(bundle: PythonObject, findings: SeedFindings, options: VerifyOptions, wrong: Wrong): void {
  const text = bundle.get('public_key');
  const key = typeof text === 'string' ? fromHex(text) : undefined;
  if (typeof text !== 'string' || key?.length !== 32 || !isSafePublicKey(key))
    return wrong('public_key', 'This is not an Ed25519 public key that can be trusted.');
  findings.key = text;
  if (options.governanceKey && !equalBytes(options.governanceKey, key))
    findings.fail(
      'authenticity',
      'foreign_key',
      `${BUNDLE_NAME}:public_key`,
      'The bundle states another key than the one that you gave.',
    );
}

function at(bundle: PythonObject, path: string): PythonValue | undefined {
  let value: PythonValue | undefined = bundle;
  for (const key of path.split('.')) value = isObject(value) ? value.get(key) : undefined;
  return value;
}

const isMoment = (time: string): boolean => {
  const ms = SEED_TIME.test(time) ? Date.parse(`${time.slice(0, 19)}Z`) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(time.slice(0, 19));
};
