import type { Sha256 } from '../../crypto';
import type { Json, JsonObject } from '../../protocol/json';

/** in-toto Statement v1 (https://in-toto.io/Statement/v1) with the predicates of docs/pipeline.md, all of them public ones. */
export const PREDICATES = {
  provenance: 'https://slsa.dev/provenance/v1',
  link: 'https://in-toto.io/attestation/link/v0.3',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
} as const;

/** SLSA asks for a URI that names how the model was built: docs/pipeline.md says what it promises. */
export const BUILD_TYPE = 'urn:sovereign-node:build:wasm-skill:v1';

export interface Named {
  name: string;
  sha256: Sha256;
}

/** Where and by whose permission a stage ran. */
export interface StageFacts {
  run: string;
  stage: string;
  pipeline_sha256: Sha256;
  order_id: string;
  /** The log's origin: who says so. */
  origin: string;
  startedOn: string;
  finishedOn: string;
}

const descriptor = ({ name, sha256 }: Named): JsonObject => ({ name, digest: { sha256 } });

function statement(subject: readonly Named[], predicateType: string, predicate: JsonObject): JsonObject {
  return { _type: 'https://in-toto.io/Statement/v1', subject: subject.map(descriptor), predicateType, predicate };
}

/** What a stage read, and what it made of it. `byproducts`: what else is worth knowing. */
export function linkStatement(
  facts: StageFacts,
  subject: readonly Named[],
  materials: readonly Named[],
  byproducts: JsonObject,
): JsonObject {
  const { stage, ...environment } = facts;
  return statement(subject, PREDICATES.link, {
    name: stage,
    command: [],
    materials: materials.map(descriptor),
    byproducts,
    environment,
  });
}

/** SLSA provenance v1: everything that decides the model's bytes. */
export function provenanceStatement(
  facts: StageFacts,
  subject: readonly Named[],
  build: { external: JsonObject; internal: JsonObject; dependencies: readonly Named[] },
): JsonObject {
  return statement(subject, PREDICATES.provenance, {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: build.external,
      internalParameters: build.internal,
      resolvedDependencies: build.dependencies.map(descriptor),
    },
    runDetails: {
      builder: { id: `urn:sovereign-node:${facts.origin}` },
      metadata: {
        invocationId: `${facts.run}/${facts.stage}/${facts.order_id}`,
        startedOn: facts.startedOn,
        finishedOn: facts.finishedOn,
      },
    },
  });
}

/** in-toto test result: which evaluators accepted the model. */
export function testResultStatement(
  facts: StageFacts,
  subject: readonly Named[],
  result: {
    passed: boolean;
    configuration: readonly Named[];
    accepted: readonly string[];
    rejected: readonly string[];
  },
): JsonObject {
  const configuration: Json[] = result.configuration.map(descriptor);
  return statement(subject, PREDICATES.testResult, {
    result: result.passed ? 'PASSED' : 'FAILED',
    configuration,
    passedTests: [...result.accepted],
    failedTests: [...result.rejected],
    annotations: { ...facts },
  });
}
