import type { Host } from './host';
import type { GuestMemory } from './memory';

/** An import that an ABI serves. */
export interface Served {
  /** As `(i32,i32)->i32`. Absent: it is a memory. */
  signature?: string;
  /** The grant that it takes; for `http.fetch`, one of any host. Absent: it is part of the ABI. */
  grant?: string;
}

/** An export that a module must have, or if it has one, of this kind. */
export interface Wanted {
  name: string;
  kind: 'function' | 'memory';
  /** Any of these. */
  signatures?: readonly string[];
  optional?: boolean;
}

export type Exports = Record<string, (...args: (number | bigint)[]) => unknown>;

/** Everything about one run that an ABI's host side needs. */
export interface Session {
  host: Host;
  /** There once the module is instantiated; no code of it runs before. */
  memory: GuestMemory;
  entry: string | undefined;
  input: Uint8Array;
  files: Readonly<Record<string, Uint8Array>>;
}

/** One way in which host and module talk. */
export interface Abi {
  /** By `module.name`. */
  served: ReadonlyMap<string, Served>;
  wanted(entry: string | undefined): Wanted[];
  /** Whether imports may take and give floats: only where none ever gives a NaN. */
  floatImports?: boolean;
  /** The functions behind `served`, by module and name, and the run itself, which answers the output. */
  open(session: Session): {
    functions: Readonly<Record<string, Readonly<Record<string, WebAssembly.ExportValue>>>>;
    run: (exports: Exports) => Uint8Array;
  };
}
