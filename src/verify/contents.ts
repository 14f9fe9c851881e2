import {
  DsseError,
  isSha256,
  parseCanonical,
  parseEnvelope,
  parseStatement,
  verifyEnvelope,
  type Sha256,
} from '../crypto';
import { JsonError } from '../crypto';
import { BUNDLE, policyFile, schemaFile } from '../protocol/bundle';
import type { JsonObject } from '../protocol/json';
import type { Findings } from './findings';
import type { Loaded } from './manifest';
import type { LogState, StageRecord } from './rules';

/** `bundle.json`: what kind of bundle this is, of which log, with the artifacts of which run. */
export interface About {
  origin: string;
  run: string | null;
}

export function readAbout(bytes: Uint8Array | undefined, findings: Findings): About | undefined {
  const wrong = (message: string): void => findings.add('integrity', 'bad_about', BUNDLE.about, message);
  if (!bytes) return void wrong('The file that says what the bundle is, is missing.');
  try {
    const { format, v, origin, run, ...more } = parseCanonical(bytes) as JsonObject;
    const known = format === BUNDLE.format && v === BUNDLE.version && Object.keys(more).length === 0;
    if (known && typeof origin === 'string' && (run === null || typeof run === 'string')) return { origin, run };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  return void wrong('It is not the description of a bundle of version 1.');
}

/** Everything that the covered stages made is here, as the log and their signed statements say. */
export function checkStages(loaded: Loaded, state: LogState, about: About, findings: Findings): void {
  const artifacts = bySha(loaded, BUNDLE.artifacts);
  const statements = bySha(loaded, BUNDLE.statements);
  for (const stage of state.stages) {
    if (about.run !== null && stage.run !== about.run) continue;
    for (const artifact of stage.artifacts) {
      // An export's artifact is a bundle: one bundle does not hold those before it.
      if (stage.type === 'audit_export') continue;
      const found = artifacts.get(artifact.sha256);
      if (found?.size === artifact.bytes) findings.counts.artifacts += 1;
      else
        findings.add(
          'integrity',
          'missing_artifact',
          stage.where,
          `The artifact ${artifact.name} of stage ${stage.stage} is not here.`,
        );
    }
    const file = statements.get(stage.statement)?.path;
    if (file === undefined)
      findings.add('integrity', 'missing_statement', stage.where, `The statement of stage ${stage.stage} is not here.`);
    else checkSubjects(loaded.bytes.get(file)!, file, stage, findings);
  }
}

function checkSubjects(bytes: Uint8Array, file: string, stage: StageRecord, findings: Findings): void {
  let named: Set<Sha256>;
  try {
    named = new Set(parseStatement(parseEnvelope(bytes)).subject.map((s) => s.digest.sha256));
  } catch (error) {
    // Said already, where every envelope is checked.
    if (error instanceof DsseError) return;
    throw error;
  }
  for (const artifact of stage.artifacts)
    if (!named.has(artifact.sha256))
      findings.add(
        'integrity',
        'wrong_statement',
        file,
        `The statement does not speak of the artifact ${artifact.name}.`,
      );
}

/** Every envelope is well formed and signed by the governance key, whether a stage names it or not. */
export async function checkStatements(loaded: Loaded, state: LogState, findings: Findings): Promise<void> {
  for (const [path, bytes] of loaded.bytes) {
    if (!path.startsWith(BUNDLE.statements)) continue;
    try {
      const envelope = parseEnvelope(bytes);
      parseStatement(envelope);
      findings.counts.statements += 1;
      findings.counts.signatures += envelope.signatures.length;
      if (envelope.signatures.length !== 1)
        findings.add(
          'authenticity',
          'bad_statement_signature',
          path,
          'The statement carries signatures that nothing vouches for.',
        );
      else if (state.keys && !(await verifyEnvelope(envelope, state.keys.governance)))
        findings.add('authenticity', 'bad_statement_signature', path, 'The governance key did not sign the statement.');
    } catch (error) {
      if (!(error instanceof DsseError)) throw error;
      findings.add('integrity', 'bad_statement', path, `The statement is malformed: ${error.message}.`);
    }
  }
}

/** The texts of all policies that were ever in force, under their hashes. */
export function checkPolicies(loaded: Loaded, state: LogState, findings: Findings): void {
  for (const { policies, schema, where } of state.policies)
    for (const path of [policyFile(policies), schemaFile(schema)])
      if (!loaded.digests.has(path))
        findings.add('integrity', 'missing_policy', where, `A policy text that was in force is not here: ${path}.`);
  for (const [path, { sha256 }] of loaded.digests)
    if (path.startsWith(BUNDLE.policies) && path !== policyFile(sha256) && path !== schemaFile(sha256))
      findings.add('integrity', 'wrong_policy', path, 'A policy text does not have the SHA-256 in its name.');
}

function bySha(loaded: Loaded, prefix: string): Map<Sha256, { path: string; size: number }> {
  const files = new Map<Sha256, { path: string; size: number }>();
  for (const [path, { sha256, size }] of loaded.digests)
    if (path.startsWith(prefix) && isSha256(sha256)) files.set(sha256, { path, size });
  return files;
}
