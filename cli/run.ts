import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { dsseKeyId, fromHex, fromUtf8, sha256Text } from '../src/crypto';
import type { SovereignNode } from '../src/node';
import { canResume, parsePipeline, type Pipeline, type RunStatus } from '../src/pipeline';
import { SovereignError } from '../src/protocol/errors';
import { BUNDLE } from '../src/protocol/bundle';
import { LIMITS } from '../src/protocol/limits';
import { checkOut, deliver, OutError } from './bundle-out';
import { call, getBlob, putBlob } from './client';
import { HomeError } from './home/home';
import { withHomeNode, type Places } from './home/with-node';
import { askResume } from './prompt';
import { follow } from './run-follow';
import { nameDatasets, readRunArgs, RUN_USAGE, type RunArgs } from './run-args';
import { harmless, quoted, RunPrinter } from './run-view';
import type { Terminal } from './terminal';
import { readWitnesses, type ChosenWitnesses } from './witnesses';

/** What is wrong with the arguments or with a file that they name: exit code 2. */
class Unreadable extends Error {}

interface Task {
  args: RunArgs;
  yaml: string;
  pipeline: Pipeline;
  /** Name in the pipeline → bytes. */
  datasets: Map<string, Uint8Array>;
  /** None given: those that the home has already. */
  witnesses: ChosenWitnesses | undefined;
}

/** `sovereign run`. Answers the exit code of {@link RUN_USAGE}. */
export async function runRun(argv: readonly string[], terminal: Terminal, places: Places): Promise<number> {
  let task: Task;
  try {
    task = await readTask(argv);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    terminal.err(`${error.message}\n`);
    return 2;
  }
  try {
    return await runTask(task, terminal, places);
  } catch (error) {
    if (!(error instanceof SovereignError)) throw error;
    terminal.err(`${harmless(error.message)}\n${error.advice === undefined ? '' : `${harmless(error.advice)}\n`}`);
    return error instanceof OutError || error instanceof HomeError ? 2 : 1;
  }
}

async function readTask(argv: readonly string[]): Promise<Task> {
  let args: RunArgs;
  try {
    args = readRunArgs(argv);
  } catch (error) {
    throw new Unreadable(`${(error as Error).message}\n\n${RUN_USAGE}`);
  }
  const yaml = fromBytes(await readBounded(args.pipeline, LIMITS.pipelineBytes), args.pipeline);
  const parsed = parsePipeline(yaml);
  if ('problems' in parsed) {
    const lines = parsed.problems.map((p) => harmless(`${args.pipeline}:${p.line}:${p.column}: ${p.message}`));
    throw new Unreadable(lines.join('\n'));
  }
  const declared = parsed.pipeline.stages.flatMap((s) => (s.type === 'data_preparation' ? [s.dataset.file] : []));
  const datasets = new Map<string, Uint8Array>();
  let witnesses: ChosenWitnesses | undefined;
  try {
    const named = nameDatasets(args.datasets, declared);
    for (const [name, file] of named) datasets.set(name, await readBounded(file, LIMITS.datasetBytes));
    const policy = async (path: string) => fromBytes(await readBounded(path, LIMITS.witnessPolicyBytes), path);
    witnesses = await readWitnesses(args.witnesses, policy);
  } catch (error) {
    throw new Unreadable((error as Error).message);
  }
  return { args, yaml, pipeline: parsed.pipeline, datasets, witnesses };
}

async function readBounded(path: string, limit: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > limit) throw new Unreadable(`${path} has ${size} bytes; at most ${limit} are read.`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'}).`);
  }
}

function fromBytes(bytes: Uint8Array, path: string): string {
  try {
    return fromUtf8(bytes);
  } catch {
    throw new Unreadable(`${path} is not UTF-8.`);
  }
}

async function runTask(task: Task, terminal: Terminal, places: Places): Promise<number> {
  await checkOut(task.args.out);
  return withHomeNode(task.args.home, places, (node, home) => runOn(node, home, task, terminal));
}

async function runOn(node: SovereignNode, home: string, task: Task, terminal: Terminal): Promise<number> {
  const line = (text: string): void => terminal.out(`${text}\n`);
  const identity = await call(node, 'GetIdentity');
  const { pipeline, args, yaml } = task;
  const digest = sha256Text(yaml);
  line(`Pipeline  ${pipeline.name} ${pipeline.version}  ${harmless(args.pipeline)}  sha256 ${digest}`);
  line(`Node      ${identity.nodeId}  ${identity.words}`);
  line(`Home      ${harmless(home)}`);
  if (task.witnesses) await call(node, 'SetWitnesses', task.witnesses);
  for (const { name, url } of (await call(node, 'Witnesses')).witnesses)
    line(`Witness   ${harmless(name)}  ${harmless(url)}`);
  const interrupted = new AbortController();
  const release = terminal.onInterrupt(() => interrupted.abort());
  try {
    const run = await begin(node, task, digest, terminal, interrupted.signal);
    line(`Run       ${run}\n`);
    const printer = new RunPrinter(line, pipeline.stages);
    const status = await follow(node, run, terminal, {
      yes: args.yes,
      show: (s) => printer.show(s),
      signal: interrupted.signal,
    });
    printer.show(status);
    if (status.state === 'stopped' || status.state === 'interrupted') return sayResume(terminal, task, home);
    return await finish(node, status, task, terminal, fromHex(identity.publicKeys.governance)!);
  } finally {
    release();
  }
}

/** Starts the run, or goes on with the one of the same document that was cut off. */
async function begin(
  node: SovereignNode,
  task: Task,
  digest: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string> {
  const runs = await call(node, 'ListRuns');
  // A run that failed is only gone on with when that was asked for.
  const open = runs.find(
    (r) => r.pipelineSha256 === digest && canResume(r) && (r.state !== 'failed' || task.args.resume),
  );
  if (open && (task.args.resume || (await wantsResume(open, terminal, signal)))) {
    await call(node, 'ResumeRun', { run: open.id });
    return open.id;
  }
  if (task.args.resume)
    throw new SovereignError('run_unknown', 'This home has no run of this pipeline that could go on.', {
      advice: 'Leave out --resume.',
    });
  const datasets: Record<string, string> = {};
  for (const [name, bytes] of task.datasets) datasets[name] = await putBlob(node, bytes);
  return (await call(node, 'StartRun', { yaml: task.yaml, datasets })).run;
}

async function wantsResume(open: RunStatus, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  if (terminal.interactive) return askResume(terminal, `Go on with the run of ${open.startedAt}?`, signal);
  terminal.out(`Note      the run of ${open.startedAt} was not finished; --resume goes on with it\n`);
  return false;
}

function sayResume(terminal: Terminal, { args }: Task, home: string): number {
  terminal.err(
    `\nStopped; nothing that was finished is lost. To go on:\n  npx sovereign run ${quoted(args.pipeline)} --out ${quoted(args.out)} --home ${quoted(home)} --resume\n`,
  );
  return 1;
}

/** Leaves the evidence, of a failure too, and says how a stranger checks it. */
async function finish(
  node: SovereignNode,
  status: RunStatus,
  { args }: Task,
  terminal: Terminal,
  governanceKey: Uint8Array,
): Promise<number> {
  const ok = status.state === 'completed';
  // A bundle that the run itself made tells of no failure after it.
  const sha256 = (ok ? status.bundle : undefined) ?? (await call(node, 'ExportBundle', { disclose: [] })).sha256;
  const places = await deliver(args.out, await getBlob(node, sha256), governanceKey);
  const [bundle, zip, key] = [places.directory, places.zip, places.key].map(quoted);
  terminal.out(
    [
      '',
      ok ? 'Every stage succeeded.' : `The run failed: ${harmless(status.error?.message ?? status.state)}`,
      ...(ok || status.error?.advice === undefined ? [] : [harmless(status.error.advice)]),
      '',
      `Bundle    ${bundle}`,
      `Zip       ${zip}  sha256 ${sha256}`,
      `Key       ${key}  sha256 ${dsseKeyId(governanceKey)}`,
      '          give it to whoever checks the bundle, by another way than the bundle',
      `Verify    npx sovereign verify ${zip} --key ${key}`,
      `          or, without this program: bash ${quoted(join(places.directory, BUNDLE.script))} ${key}`,
      '',
    ].join('\n'),
  );
  return ok ? 0 : 1;
}
