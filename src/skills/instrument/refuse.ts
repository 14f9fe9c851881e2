import { SkillError } from '../types';

/** Why a module is refused, in one word that a program can test for: `details.rule`. */
export type Rule =
  | 'magic'
  | 'version'
  | 'truncated'
  | 'leb'
  | 'utf-8'
  | 'count'
  | 'section-id'
  | 'section-order'
  | 'section-size'
  | 'malformed'
  | 'index'
  | 'invalid'
  | Feature
  | Cap;

/** Proposals and their opcodes that are no part of what is metered. */
type Feature =
  | 'shared-memory'
  | 'threads'
  | 'memory64'
  | 'multi-memory'
  | 'custom-page-sizes'
  | 'exceptions'
  | 'gc'
  | 'relaxed-simd'
  | 'opcode'
  | 'float-import'
  | 'reserved-name';

/** What a module may have at most: docs/metering.md, “Caps”. */
type Cap =
  | 'module-size'
  | 'types'
  | 'imports'
  | 'functions'
  | 'tables'
  | 'globals'
  | 'exports'
  | 'segments'
  | 'params'
  | 'results'
  | 'function-size'
  | 'locals'
  | 'operands'
  | 'nesting'
  | 'br-table'
  | 'memory'
  | 'table';

/** A module that is no valid WebAssembly. */
export const invalid = (rule: Rule, offset: number, what: string = rule, cause?: unknown): SkillError =>
  new SkillError('invalid_module', `Not a valid WebAssembly module: ${what} (at byte ${offset}).`, {
    advice: 'Get an undamaged copy.',
    details: { rule, offset },
    cause,
  });

/** What stands there is nothing that the binary format knows. */
export const malformed = (offset: number): SkillError => invalid('malformed', offset);

/** A proposal that cannot be metered or is not deterministic. */
export const unsupported = (rule: Feature, offset: number, what: string = rule): SkillError =>
  new SkillError('unsupported_feature', `The module uses what a skill may not: ${what} (at byte ${offset}).`, {
    advice: 'Build the skill without it.',
    details: { rule, offset },
  });

/** More of something than every engine is sure to take. */
export const overCap = (
  rule: Cap,
  count: number,
  cap: number,
  offset: number,
  code: 'unsupported_feature' | 'memory_over_limit' = 'unsupported_feature',
): SkillError =>
  new SkillError(code, `The module is over a cap: ${rule} ${count} of ${cap} (at byte ${offset}).`, {
    advice: 'Build the skill with less of it.',
    details: { rule, offset, count, cap },
  });

/** An index into one of the module’s lists, or of a local or label. */
export function checkIndex(what: string, index: number, count: number, offset: number): void {
  if (index >= count) throw invalid('index', offset, `there is no ${what} ${index}`);
}
