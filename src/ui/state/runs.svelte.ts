import type { NodeClient } from '../../protocol/client';
import type { RunStatus } from '../../pipeline/types';
import { stageChanges } from '../lib/announce';
import type { Live } from './live.svelte';
import { Resource } from './resource.svelte';

/** All runs, newest first, kept current by the node's events. */
export class Runs {
  readonly list: Resource<RunStatus[]>;
  readonly #client: NodeClient;
  readonly #live: Live;
  /** Told by events since the list was last asked for: newer than what that answer will say. */
  #told: RunStatus[] = [];

  constructor(client: NodeClient, live: Live) {
    this.#client = client;
    this.#live = live;
    this.list = new Resource(() => this.#read());
  }

  get active(): RunStatus | undefined {
    return this.list.value?.find((run) => isActive(run));
  }

  get latest(): RunStatus | undefined {
    return this.list.value?.[0];
  }

  byId(id: string | undefined): RunStatus | undefined {
    return this.list.value?.find((run) => run.id === id);
  }

  /** @param datasets file name in the YAML → blob, for picked files. */
  async start(yaml: string, datasets: Record<string, string> = {}): Promise<string> {
    const { run } = await this.#client.call('StartRun', { yaml, datasets });
    await this.list.reload();
    return run;
  }

  async stop(run: string): Promise<void> {
    this.accept(await this.#client.call('StopRun', { run }));
  }

  async resume(run: string): Promise<void> {
    this.accept(await this.#client.call('ResumeRun', { run }));
  }

  /** A new run of the same document on the same data. */
  async again(run: RunStatus): Promise<string> {
    const yaml = await this.#client.getBlob(run.pipelineSha256);
    return this.start(new TextDecoder().decode(yaml), { ...run.datasets });
  }

  async #read(): Promise<RunStatus[]> {
    this.#told = [];
    const listed = await this.#client.call('ListRuns');
    const told = this.#told;
    return newestFirst([...told, ...listed.filter((run) => !told.some(({ id }) => id === run.id))]);
  }

  /** A newer state of one run. */
  accept(run: RunStatus): void {
    this.#told = [run, ...this.#told.filter((other) => other.id !== run.id)];
    const before = this.byId(run.id);
    this.#live.say(...stageChanges(before, run));
    const others = this.list.value?.filter((other) => other.id !== run.id) ?? [];
    this.list.value = newestFirst([run, ...others]);
  }
}

/** Still has something to do: running, waiting for a person, or cut off by a crash. */
export const isActive = (run: RunStatus): boolean =>
  run.state === 'running' || run.state === 'awaiting_approval' || run.state === 'interrupted';

const newestFirst = (runs: RunStatus[]): RunStatus[] => runs.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
