import { BUNDLE } from '../bundle';
import type { JsonObject } from '../json';
import type { RunEvidence, StageEvidence } from './fold';
import { plainName } from './names';

/** A key as in-toto's metadata names and writes it. */
export interface Functionary {
  id: string;
  key: JsonObject;
}

export interface Functionaries {
  /** Signs for every stage but promotions. */
  node: Functionary;
  /** Signs the layout, and for promotions. */
  governance: Functionary;
  /** Signs for the promotions that the owner approved. */
  owner: Functionary;
  /** SHA-256 of each raw owner key that the log ever had. */
  ownerIds: ReadonlySet<string>;
}
export type FunctionaryName = 'node' | 'governance' | 'owner';

/** One metadata file of classic in-toto before it is signed. */
export interface InTotoFile {
  /** Without the folder, and for a link without the key id: see {@link linkName}. */
  name: string;
  signed: JsonObject;
  by: readonly FunctionaryName[];
}

export const LAYOUT_FILE = 'root.layout';
export const LAYOUT_KEY_FILE = 'governance.pub.json';
/** The metadata holds until ten years after the log began: from the log alone, so that it always has the same bytes. */
const YEARS = 10;

/** `<step>.<first 8 digits of the key id>.link`: where in-toto looks for it. */
export const linkName = (step: string, keyId: string): string => `${step}.${keyId.slice(0, 8)}.link`;

/** Of a bundle of one run that run, else every completed one; runs of which no stage finished have nothing to show. */
export function inTotoRuns(runs: Iterable<RunEvidence>, only: string | null): { run: RunEvidence; folder: string }[] {
  return [...runs]
    .filter((run) => stepsOf(run).length > 0 && (only !== null || run.isCompleted))
    .map((run) => ({ run, folder: BUNDLE.intoto + (only === null ? `${plainName(run.run)}/` : '') }));
}

/**
 * Layout and links of a run: which stages there were, what each could read and what it made, and whose signatures it
 * takes. A promotion that the owner approved takes the governance key's and the owner's, both.
 *
 * @param genesis time of the log's first entry
 */
export function inTotoFiles(run: RunEvidence, keys: Functionaries, genesis: string): InTotoFile[] {
  const steps = stepsOf(run);
  const signers = (stage: StageEvidence): FunctionaryName[] => {
    if (stage.type !== 'promotion') return ['node'];
    const approved = run.approvers.get(stage.stage)?.some((id) => keys.ownerIds.has(id)) ?? false;
    return approved ? ['governance', 'owner'] : ['governance'];
  };
  const links = steps.map((stage) => ({ name: stage.step, signed: link(run, stage), by: signers(stage) }));
  const used = (['node', 'governance', 'owner'] as const).filter((name) => links.some(({ by }) => by.includes(name)));
  const layout = {
    _type: 'layout',
    expires: expiry(genesis),
    inspect: [],
    keys: Object.fromEntries(used.map((name) => [keys[name].id, layoutKey(keys[name])])),
    readme: `Run ${plainName(run.run)} of the pipeline ${run.pipeline.replace(/[^ -~]|["\\]/g, '_')}.`,
    steps: links.map(({ by }, i) =>
      step(
        run,
        steps[i]!,
        by.map((name) => keys[name].id),
      ),
    ),
  };
  return [{ name: LAYOUT_FILE, signed: layout, by: ['governance'] }, ...links];
}

const stepsOf = (run: RunEvidence): StageEvidence[] => run.stages.filter((s) => s.type !== 'audit_export');

const layoutKey = ({ id, key }: Functionary): JsonObject => ({
  ...key,
  keyid: id,
  keyval: { ...(key['keyval'] as JsonObject), private: '' },
});

function expiry(genesis: string): string {
  const time = new Date(genesis);
  time.setUTCFullYear(Math.min(time.getUTCFullYear() + YEARS, 9999));
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** The finished stages that this one builds on, also through others. */
function before(run: RunEvidence, stage: StageEvidence): StageEvidence[] {
  const names = new Set<string>();
  const visit = (name: string): void => {
    for (const needed of run.needs.get(name) ?? []) {
      if (names.has(needed)) continue;
      names.add(needed);
      visit(needed);
    }
  };
  visit(stage.stage);
  return stepsOf(run).filter((s) => s !== stage && names.has(s.stage));
}

const dataset = (file: string): string => `datasets/${plainName(file)}`;
const digest = (sha256: string): JsonObject => ({ sha256 });

function link(run: RunEvidence, stage: StageEvidence): JsonObject {
  const inputs = before(run, stage).flatMap((s) => s.products);
  const materials: [string, JsonObject][] =
    inputs.length > 0
      ? inputs.map(({ path, sha256 }) => [path, digest(sha256)])
      : Object.entries(run.datasets).map(([file, sha256]) => [dataset(file), digest(sha256)]);
  return {
    _type: 'link',
    byproducts: {},
    command: [],
    environment: { log_entry: stage.seq, order_id: stage.orderId, statement_sha256: stage.statement.sha256 },
    materials: Object.fromEntries(materials),
    name: stage.step,
    products: Object.fromEntries(stage.products.map(({ path, sha256 }) => [path, digest(sha256)])),
  };
}

function step(run: RunEvidence, stage: StageEvidence, pubkeys: string[]): JsonObject {
  const earlier = before(run, stage).filter((s) => s.products.length > 0);
  const matches = earlier.flatMap((s) =>
    s.products.map(({ path }) => ['MATCH', path, 'WITH', 'PRODUCTS', 'FROM', s.step]),
  );
  const first = Object.keys(run.datasets).map((file) => ['ALLOW', dataset(file)]);
  return {
    _type: 'step',
    expected_command: [],
    expected_materials: [...(matches.length > 0 ? matches : first), ['DISALLOW', '*']],
    expected_products: [...stage.products.map(({ path }) => ['CREATE', path]), ['DISALLOW', '*']],
    name: stage.step,
    pubkeys,
    threshold: pubkeys.length,
  };
}
