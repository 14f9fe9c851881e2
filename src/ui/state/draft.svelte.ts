import type { NodeClient } from '../../protocol/client';
import { LIMITS } from '../../protocol/limits';
import { SovereignError } from '../../protocol/errors';
import { datasetsIn, withDatasetHash } from '../lib/datasets';
import { Action } from './action.svelte';
import { Resource } from './resource.svelte';

/** Typing pauses this long before the node is asked whether the text is right. */
const SETTLE_MS = 250;
const PREFIX = 'draft/pipeline/';

/** A pipeline text under the owner's hands: checked as it is typed, kept over a reload of this tab. */
export class Draft {
  yaml = $state('');
  /** File in the YAML → what was picked for it. */
  picked = $state.raw<Readonly<Record<string, { name: string; bytes: number; sha256: string }>>>({});
  readonly check;
  readonly picking = new Action();
  readonly datasets = $derived.by(() => datasetsIn(this.yaml));
  readonly #client: NodeClient;
  readonly #key: string;
  readonly #saved: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: NodeClient, name: string, saved: string) {
    this.#client = client;
    this.#key = PREFIX + name;
    this.#saved = saved;
    this.yaml = sessionStorage.getItem(this.#key) ?? saved;
    this.check = new Resource(() => client.call('ValidatePipeline', { yaml: this.yaml }));
    void this.check.reload();
  }

  get changed(): boolean {
    return this.yaml !== this.#saved;
  }

  write(yaml: string): void {
    this.yaml = yaml;
    if (this.changed) sessionStorage.setItem(this.#key, yaml);
    else this.forget();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check.reload(), SETTLE_MS);
  }

  revert(): void {
    this.write(this.#saved);
  }

  /** The draft was saved or given up. */
  forget(): void {
    sessionStorage.removeItem(this.#key);
  }

  /** Stores the picked file by content and writes its fingerprint into the text, where it can be seen. */
  async pick(file: string, chosen: File): Promise<void> {
    await this.picking.next(async () => {
      if (chosen.size > LIMITS.datasetBytes) {
        throw new SovereignError(
          'bad_dataset',
          `${chosen.name} is larger than ${LIMITS.datasetBytes / 1024 / 1024} MiB.`,
          {
            advice: 'Choose a smaller file, or split it.',
          },
        );
      }
      const sha256 = await this.#client.putBlob(new Uint8Array(await chosen.arrayBuffer()));
      this.picked = { ...this.picked, [file]: { name: chosen.name, bytes: chosen.size, sha256 } };
      this.write(withDatasetHash(this.yaml, file, sha256));
    });
  }

  /** What `StartRun` needs: only picks that the text still names. */
  blobs(): Record<string, string> {
    const named = this.datasets.flatMap(({ file }) => {
      const picked = this.picked[file];
      return picked ? [[file, picked.sha256]] : [];
    });
    return Object.fromEntries(named) as Record<string, string>;
  }
}
