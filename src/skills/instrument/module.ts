import type { ModuleReader } from './reader';

export type ExternKind = 'function' | 'table' | 'memory' | 'global';

/** Size limits of a memory (64 KiB pages) or a table (entries), and where they stand: bytes `start` to `end`. */
export interface SizeLimits {
  min: number;
  max: number | undefined;
  start: number;
  end: number;
}

/** What a module declares, for whoever decides whether it may run. */
export interface ModuleInfo {
  bytes: number;
  /** `name` is `module.name`; `signature` that of a function. */
  imports: { name: string; kind: ExternKind; offset: number; signature?: string }[];
  exports: { name: string; kind: ExternKind; index: number; offset: number }[];
  /** Memories and tables that the module defines itself. */
  memories: SizeLimits[];
  tables: SizeLimits[];
  /** Signature of each function, imported ones first, e.g. `(i32,i32)->i64`. */
  functions: string[];
  hasStart: boolean;
  /** `header` is the offset of the section's id, `start` to `end` its contents. */
  sections: { id: number; header: number; start: number; end: number }[];
}

export interface FunctionType {
  params: readonly number[];
  results: readonly number[];
  /** e.g. `(i32,i32)->i64` */
  text: string;
  /** Whether a v128 is among them. */
  simd: boolean;
}

/** A module's declarations as the rewriter needs them. Index spaces begin with the imported ones. */
export interface ParsedModule {
  info: ModuleInfo;
  types: FunctionType[];
  /** Type of each function. */
  functions: FunctionType[];
  importedFunctions: number;
  /** Value type of each global, and how many are imported. */
  globals: number[];
  importedGlobals: number;
  tables: { type: number; limits: SizeLimits }[];
  importedTables: number;
  memory: SizeLimits | undefined;
  importedMemory: boolean;
  start: number | undefined;
}

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;

export type ReadSection = (section: ModuleReader, module: ParsedModule) => void;
