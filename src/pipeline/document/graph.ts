import type { Stage } from '../types';
import type { Problems } from './fields';
import type { DraftStage } from './stages';

/**
 * Fills in `needs` (default: the stage before it) and orders the stages so that each comes after what it needs, else
 * as written. Reports duplicate names, unknown needs and cycles.
 */
export function linkStages(drafts: readonly DraftStage[], problems: Problems): Stage[] {
  const names = new Map<string, DraftStage>();
  for (const draft of drafts) {
    // Compared without case: the names become file names, also on systems that do not tell case apart.
    const key = draft.stage.name.toLowerCase();
    if (draft.stage.name !== '' && names.has(key)) {
      problems.add(draft.nameAt, `two stages are named "${draft.stage.name}"`);
    } else names.set(key, draft);
  }
  drafts.forEach((draft, i) => {
    draft.stage.needs = needsOf(draft, drafts[i - 1], drafts, problems);
  });
  return ordered(drafts, problems);
}

function needsOf(
  draft: DraftStage,
  previous: DraftStage | undefined,
  all: readonly DraftStage[],
  problems: Problems,
): string[] {
  if (!draft.needs) return previous ? [previous.stage.name] : [];
  const needs = new Set<string>();
  for (const { text, at } of draft.needs) {
    if (text === draft.stage.name) problems.add(at, `the stage "${text}" needs itself`);
    else if (!all.some((d) => d.stage.name === text)) problems.add(at, `"needs" names "${text}", which is no stage`);
    else if (needs.has(text)) problems.add(at, `"needs" names "${text}" twice`);
    else needs.add(text);
  }
  return [...needs];
}

function ordered(drafts: readonly DraftStage[], problems: Problems): Stage[] {
  const left = [...drafts];
  const done = new Set<string>();
  const stages: Stage[] = [];
  while (left.length > 0) {
    const next = left.findIndex((d) => d.stage.needs.every((n) => done.has(n)));
    if (next < 0) break;
    const [draft] = left.splice(next, 1);
    done.add(draft!.stage.name);
    stages.push(draft!.stage);
  }
  // Only stages with written needs can close a circle; the ones after them are merely stuck behind it.
  for (const { stage, needs, at } of left) {
    if (needs && reaches(drafts, stage.name)) {
      problems.add(
        needs[0]?.at ?? at,
        `the stages need each other in a circle: "${stage.name}" ends up needing itself`,
      );
    }
  }
  return [...stages, ...left.map((d) => d.stage)];
}

const reaches = (drafts: readonly DraftStage[], name: string): boolean =>
  ancestors(
    drafts.map((d) => d.stage),
    name,
  ).some((s) => s.name === name);

/** Every stage that `name` needs, nearest first; holds `name` itself only in a circle. */
export function ancestors(stages: readonly Stage[], name: string): Stage[] {
  const byName = new Map(stages.map((s) => [s.name, s]));
  const found = new Set<Stage>();
  const queue = [...(byName.get(name)?.needs ?? [])];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const stage = byName.get(next);
    if (!stage || found.has(stage)) continue;
    found.add(stage);
    queue.push(...stage.needs);
  }
  return [...found];
}

/** The nearest stage of a type that `name` needs. parsePipeline made sure that there is one where it is read. */
export function inputStage<T extends Stage['type']>(
  stages: readonly Stage[],
  name: string,
  type: T,
): Extract<Stage, { type: T }> | undefined {
  return ancestors(stages, name).find((s): s is Extract<Stage, { type: T }> => s.type === type);
}
