import { basename } from 'node:path';
import { parseArgs } from 'node:util';

export const RUN_USAGE = `Usage: sovereign run <pipeline.yaml> --out DIR [--home DIR] [--yes] [--resume]
                     [--dataset FILE | --dataset NAME=FILE]...
                     [--witness URL#VKEY | --witness POLICY]...

Runs a governed pipeline on this machine and leaves its evidence in DIR.

  --out      where bundle/, bundle.zip and governance.pub.pem go
  --home     where the node keeps its keys and its log (default: the platform's data
             directory); made with mode 0700
  --yes      approve with the home's owner key in place of asking
  --resume   go on with the interrupted run of this same pipeline
  --dataset  a file to read in place of the bundled one; NAME is its name in the YAML
  --witness  who cosigns the log's checkpoints from now on: a witness's address and key, or a
             file in the form of c2sp.org/tlog-policy that names addresses

Exit code: 0 every stage succeeded, 1 one failed or was refused or the run was stopped,
2 wrong usage, or a file that cannot be read.
`;

export interface RunArgs {
  pipeline: string;
  out: string;
  home: string | undefined;
  yes: boolean;
  resume: boolean;
  datasets: { name: string | undefined; file: string }[];
  witnesses: string[];
}

/** @throws Error with a sentence for the user when the arguments are wrong. */
export function readRunArgs(args: readonly string[]): RunArgs {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      out: { type: 'string' },
      home: { type: 'string' },
      yes: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
      dataset: { type: 'string', multiple: true, default: [] },
      witness: { type: 'string', multiple: true, default: [] },
    },
  });
  const [pipeline] = positionals;
  if (pipeline === undefined || positionals.length > 1) throw new Error('Name one pipeline.');
  if (!values.out) throw new Error('Say with --out where the evidence goes.');
  if (values.home === '') throw new Error('--home needs a directory.');
  return {
    pipeline,
    out: values.out,
    home: values.home,
    yes: values.yes,
    resume: values.resume,
    datasets: values.dataset.map(readDataset),
    witnesses: values.witness,
  };
}

function readDataset(value: string): RunArgs['datasets'][number] {
  const at = value.indexOf('=');
  return at > 0 ? { name: value.slice(0, at), file: value.slice(at + 1) } : { name: undefined, file: value };
}

/** Which of the pipeline's files each given one is: by `NAME=`, as the only one that is read, or by its own name. */
export function nameDatasets(given: RunArgs['datasets'], declared: readonly string[]): Map<string, string> {
  const named = new Map<string, string>();
  for (const { name, file } of given) {
    const as = name ?? (declared.length === 1 && given.length === 1 ? declared[0]! : basename(file));
    if (!declared.includes(as))
      throw new Error(`The pipeline reads no dataset ${as}; it reads ${declared.join(', ') || 'none'}.`);
    if (named.has(as)) throw new Error(`The dataset ${as} is given twice.`);
    named.set(as, file);
  }
  return named;
}
