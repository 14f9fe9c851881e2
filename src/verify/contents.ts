import {
  DsseError,
  isSha256,
  parseCanonical,
  parseEnvelope,
  parseStatement,
  verifyEnvelope,
  type DsseEnvelope,
  type Sha256,
} from '../crypto';
import { JsonError } from '../crypto';
import { BUNDLE, policyFile, schemaFile } from '../protocol/bundle';
import type { JsonObject } from '../protocol/json';
import type { Findings } from './findings';
import type { Loaded } from './manifest';
import type { LogState, PolicyRecord, StageRecord } from './rules';

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

/**
 * Holds what the log names against the files that are here, entry by entry, while the log is read; and in the end what
 * is here against what was named.
 */
export class Contents {
  readonly #artifacts: Map<Sha256, { path: string; size: number }>;
  readonly #statements: Map<Sha256, { path: string; size: number }>;
  /** What each statement speaks of; taken apart once, however often it is named. */
  readonly #subjects = new Map<string, ReadonlySet<Sha256> | undefined>();
  readonly #named = new Set<Sha256>();
  readonly #signers = new Map<Sha256, readonly Uint8Array[]>();

  constructor(
    private readonly loaded: Loaded,
    private readonly about: About | undefined,
    private readonly findings: Findings,
  ) {
    this.#artifacts = bySha(loaded, BUNDLE.artifacts);
    this.#statements = bySha(loaded, BUNDLE.statements);
  }

  /** Judges, and takes out of the state, what the entries since the last call name. */
  take(state: LogState): void {
    for (const stage of state.stages.splice(0)) this.#stage(stage);
    for (const policy of state.policies.splice(0)) this.#policy(policy);
  }

  /** Nothing is here that the log does not name. To be called when all of the log was taken. */
  finish(): void {
    for (const [path, { sha256 }] of this.loaded.digests) {
      const where = [BUNDLE.artifacts, BUNDLE.statements, BUNDLE.policies].find((folder) => path.startsWith(folder));
      if (where === undefined || path === BUNDLE.decisions) continue;
      if (where === BUNDLE.policies && path !== policyFile(sha256) && path !== schemaFile(sha256))
        this.findings.add('integrity', 'wrong_policy', path, 'A policy text does not have the SHA-256 in its name.');
      else if (this.about && !this.#named.has(sha256))
        this.findings.add('integrity', 'unnamed_file', path, 'The log does not name this file.');
    }
  }

  /** Raw keys that may have signed this statement: of one that no stage names, the governance key that is in force. */
  signersOf(statement: Sha256, state: LogState): readonly Uint8Array[] {
    return this.#signers.get(statement) ?? (state.keys ? [state.keys.governance] : []);
  }

  /** Everything that a covered stage made is here, as the log and the signed statement say. */
  #stage(stage: StageRecord): void {
    if (!this.about || (this.about.run !== null && stage.run !== this.about.run)) return;
    const file = this.#statements.get(stage.statement)?.path;
    const subjects = file === undefined ? undefined : this.#subjectsOf(file);
    if (file === undefined) this.#missing('statement', stage, `The statement of stage ${stage.stage} is not here.`);
    else {
      this.#named.add(stage.statement);
      this.#signers.set(stage.statement, stage.signers);
    }
    for (const { name, sha256, bytes } of stage.artifacts) {
      if (file !== undefined && subjects?.has(sha256) === false) {
        const what = `The statement does not speak of the artifact ${name}.`;
        this.findings.add('integrity', 'wrong_statement', file, what);
      }
      // An export's artifact is a bundle: one bundle does not hold those before it.
      if (stage.type === 'audit_export') continue;
      if (this.#artifacts.get(sha256)?.size !== bytes)
        this.#missing('artifact', stage, `The artifact ${name} of stage ${stage.stage} is not here.`);
      else {
        this.findings.counts.artifacts += 1;
        this.#named.add(sha256);
      }
    }
  }

  #missing(what: 'artifact' | 'statement', stage: StageRecord, message: string): void {
    this.findings.add('integrity', `missing_${what}`, stage.where, message);
  }

  /** `undefined` for one that is malformed: that is said where every envelope is checked. */
  #subjectsOf(file: string): ReadonlySet<Sha256> | undefined {
    if (!this.#subjects.has(file)) this.#subjects.set(file, subjectsOf(this.loaded.bytes.get(file)));
    return this.#subjects.get(file);
  }

  /** The texts of all policies that were ever in force, under their hashes. */
  #policy({ policies, schema, where }: PolicyRecord): void {
    for (const [path, sha256] of [
      [policyFile(policies), policies],
      [schemaFile(schema), schema],
    ] as const) {
      this.#named.add(sha256);
      if (!this.loaded.digests.has(path))
        this.findings.add(
          'integrity',
          'missing_policy',
          where,
          `A policy text that was in force is not here: ${path}.`,
        );
    }
  }
}

function subjectsOf(bytes: Uint8Array | undefined): Set<Sha256> | undefined {
  if (!bytes) return undefined;
  try {
    return new Set(parseStatement(parseEnvelope(bytes)).subject.map((s) => s.digest.sha256));
  } catch (error) {
    if (error instanceof DsseError) return undefined;
    throw error;
  }
}

/** Every envelope is well formed and signed by the governance key, whether a stage names it or not. */
export async function checkStatements(
  loaded: Loaded,
  contents: Contents,
  state: LogState,
  findings: Findings,
): Promise<void> {
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
      else if (!(await isSignedByOneOf(contents.signersOf(loaded.digests.get(path)!.sha256, state), envelope)))
        findings.add('authenticity', 'bad_statement_signature', path, 'The governance key did not sign the statement.');
    } catch (error) {
      if (!(error instanceof DsseError)) throw error;
      findings.add('integrity', 'bad_statement', path, `The statement is malformed: ${error.message}.`);
    }
  }
}

async function isSignedByOneOf(keys: readonly Uint8Array[], envelope: DsseEnvelope): Promise<boolean> {
  for (const key of keys) if (await verifyEnvelope(envelope, key)) return true;
  return false;
}

function bySha(loaded: Loaded, prefix: string): Map<Sha256, { path: string; size: number }> {
  const files = new Map<Sha256, { path: string; size: number }>();
  for (const [path, { sha256, size }] of loaded.digests)
    if (path.startsWith(prefix) && isSha256(sha256)) files.set(sha256, { path, size });
  return files;
}
