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
  /** Value type of each global. */
  globals: number[];
  importedGlobals: number;
  tables: { type: number; limits: SizeLimits }[];
  memory: SizeLimits | undefined;
  start: number | undefined;
  /** Functions that the host may call: those exported or referred to. */
  exposed: Set<number>;
  /** Whether a function was seen to call another in its own place. */
  tailCalls: boolean;
}

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;

/** Exports and imports of this prefix are the instrumenter's own. */
export const RESERVED = '__sovereign_';

/** Names that are appended to a module's exports. `start` is there only if the module had a start function. */
export const METERING_EXPORTS = {
  gas: `${RESERVED}gas`,
  stack: `${RESERVED}stack`,
  why: `${RESERVED}why`,
  start: `${RESERVED}start`,
} as const;
