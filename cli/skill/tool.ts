import type { Places } from '../home/with-node';
import type { Terminal } from '../terminal';

/** The options of all subcommands; `index.ts` says which of them each takes. */
export interface ToolValues {
  lang?: string;
  key?: string;
  from?: string;
  title?: string;
  revoke?: string;
  reason?: string;
  abi?: string;
  function?: string;
  input?: string;
  out?: string;
  gas?: string;
  arg?: string[];
  grant?: string[];
  json?: boolean;
  output?: string;
  mode?: string;
  'initial-gas'?: string;
}

export interface ToolArgs {
  positionals: string[];
  values: ToolValues;
}

export interface ToolPlace extends Pick<Terminal, 'out' | 'err'> {
  /** The bundled script of a skill's thread. */
  skillThread: Places['skillThread'];
}

/** One subcommand. Answers the exit code; @throws UsageError (2), SovereignError (1) */
export type Tool = (args: ToolArgs, place: ToolPlace) => Promise<number>;
