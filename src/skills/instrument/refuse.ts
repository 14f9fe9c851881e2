import { SkillError } from '../types';

/** Why a module is refused, in one word that a program can test for: `details.rule`. */
export type Rule =
  | 'magic'
  | 'version'
  | 'module-size'
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
export const invalid = (message: string, offset: number, rule: Rule = 'malformed', cause?: unknown): SkillError =>
  new SkillError('invalid_module', `Not a valid WebAssembly module: ${message} (at byte ${offset}).`, {
    advice: 'Build the module again, or get an undamaged copy of it.',
    details: { rule, offset },
    cause,
  });

/** A proposal that cannot be metered or is not deterministic. */
export const unsupported = (rule: Feature, message: string, offset: number): SkillError =>
  new SkillError('unsupported_feature', `The module uses what a skill may not: ${message} (at byte ${offset}).`, {
    advice: 'Build the skill without this feature; docs/metering.md lists what is allowed.',
    details: { rule, offset },
  });

/** More of something than every engine is sure to take. */
export const overCap = (rule: Cap, count: number, cap: number, what: string, offset: number): SkillError =>
  new SkillError(
    'unsupported_feature',
    `The module has ${count} ${what}; a skill may have ${cap} (at byte ${offset}).`,
    {
      advice: 'Build the skill smaller; docs/metering.md lists the caps.',
      details: { rule, offset, count, cap },
    },
  );
