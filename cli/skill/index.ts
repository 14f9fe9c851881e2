import { parseArgs, type ParseArgsConfig } from 'node:util';
import { SovereignError, toWireError, type WireError } from '../../src/protocol/errors';
import { harmless } from '../run-view';
import { buildSkill } from './build';
import { UsageError } from './files';
import { inspectSkill } from './inspect';
import { instrumentSkill } from './instrument';
import { newSkill } from './new';
import { publishSkill } from './publish';
import { runSkillFile } from './run';
import { signSkill } from './sign';
import type { Tool, ToolArgs, ToolPlace } from './tool';

export const SKILL_USAGE = `Usage: sovereign skill new DIRECTORY [--lang as|c]
       sovereign skill build [DIRECTORY]
       sovereign skill sign [DIRECTORY] --key FILE
       sovereign skill publish OUT --key FILE [--from DIRECTORY] [--title TEXT]
       sovereign skill publish OUT --key FILE --revoke SHA256 --reason TEXT
       sovereign skill inspect FILE [--json]
       sovereign skill run FILE.wasm [--abi raw|extism|wasi] [--function NAME] [--input FILE|-]
                       [--arg TEXT]... [--grant CAPABILITY]... [--gas N] [--out FILE] [--json]
       sovereign skill instrument IN.wasm -o OUT.wasm [--mode fast|reference] [--initial-gas N]

  new      makes a project: source, test, skill.json. --lang: AssemblyScript (as) or C (needs clang)
  build    compiles it to build/skill.wasm, checks it as a node would, writes build/manifest.json
  sign     signs build/manifest.json as its author. --key: Ed25519 in PEM; made, for this user
           alone, where there is none
  publish  adds what was signed to a folder that any static server can serve: index.json, signed,
           and the files that it names. --revoke takes a version back, named by its manifest
  inspect  describes a module, a manifest or an index; runs nothing
  run      runs a module, metered and bounded, outside of any node. --abi: found out when not given.
           --gas: units of docs/metering.md. The same arguments give the same digests everywhere
  instrument  writes the module as a node runs it: metered, its gas baked in; a start function
           becomes the export __sovereign_start. reference charges the same, slowly. Floats in
           imported functions, which a node refuses, are taken: who links it answers for their NaNs

Exit code: 0 done; 1 refused, or the run did not end well; 2 wrong usage, or a file that cannot be read.
`;

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

interface Subcommand {
  tool: Tool;
  options: NonNullable<ParseArgsConfig['options']>;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  new: { tool: newSkill, options: { lang: text } },
  build: { tool: buildSkill, options: {} },
  sign: { tool: signSkill, options: { key: text } },
  publish: { tool: publishSkill, options: { key: text, from: text, title: text, revoke: text, reason: text } },
  inspect: { tool: inspectSkill, options: { json: flag } },
  instrument: {
    tool: instrumentSkill,
    options: { output: { ...text, short: 'o' }, mode: text, 'initial-gas': text },
  },
  run: {
    tool: runSkillFile,
    options: { abi: text, function: text, input: text, arg: texts, grant: texts, gas: text, out: text, json: flag },
  },
};

/** `sovereign skill …`. Answers the exit code. */
export async function runSkillTool([name = '', ...argv]: readonly string[], place: ToolPlace): Promise<number> {
  if ([name, ...argv].some((arg) => arg === '--help' || arg === '-h')) {
    place.out(SKILL_USAGE);
    return 0;
  }
  const command = Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (!command) return usage(place, name === '' ? 'Say what to do.' : `There is no sovereign skill ${name}.`);
  const args = readArgs(argv, command.options);
  if (typeof args === 'string') return usage(place, args);
  try {
    return await command.tool(args, place);
  } catch (error) {
    if (error instanceof UsageError) return usage(place, error.message);
    if (!(error instanceof SovereignError)) throw error;
    place.err(`${wordsOf(toWireError(error))}\n`);
    return 1;
  }
}

function usage({ err }: ToolPlace, why: string): number {
  err(`${harmless(why)}\n\n${SKILL_USAGE}`);
  return 2;
}

/** What is wrong with them in place of them. */
function readArgs(argv: readonly string[], options: Subcommand['options']): ToolArgs | string {
  try {
    const args = parseArgs({ args: [...argv], options, allowPositionals: true });
    if (args.positionals.length > 1) return `${args.positionals[1]} is one name too many.`;
    return args;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What happened, what to do, and where in a module the refused byte is, by which rule. */
function wordsOf({ code, message, advice, details = {} }: WireError): string {
  const rule = typeof details['rule'] === 'string' ? ` (${details['rule']})` : '';
  const at = typeof details['offset'] === 'number' ? ` at byte ${details['offset']}` : '';
  const said = message.split('\n').map(harmless);
  return [...said, ...(advice === undefined ? [] : [harmless(advice)]), `${code}${rule}${at}`].join('\n');
}
