import type { NodeClient } from '../../protocol/client';
import type { EntryView, Heads, LogFilter } from '../../protocol/messages';
import { asError, Resource } from './resource.svelte';
import type { SovereignError } from '../../protocol/errors';

const PAGE = 50;
/** Blocks in the strip. */
const STRIP = 80;

/** The log as the Audit screen reads it: the newest entries as a chain, and a filtered list that grows by pages. */
export class LogReader {
  filter = $state.raw<LogFilter>({});
  readonly strip: Resource<EntryView[]>;
  readonly page: Resource<{ entries: EntryView[]; next: number | null; size: number }>;
  readonly heads: Resource<Heads>;
  more = $state(false);
  moreError = $state.raw<SovereignError>();
  readonly #client: NodeClient;

  constructor(client: NodeClient) {
    this.#client = client;
    this.strip = new Resource(async () => (await client.call('ListEntries', { limit: STRIP })).entries.toReversed());
    this.heads = new Resource(() => client.call('GetHeads'));
    this.page = new Resource(() => client.call('ListEntries', this.#params()));
  }

  setFilter(filter: LogFilter): void {
    this.filter = filter;
    void this.page.reload();
  }

  /** The next older page of the same filter. */
  async loadMore(): Promise<void> {
    const shown = this.page.value;
    if (this.more || !shown || shown.next === null) return;
    this.more = true;
    this.moreError = undefined;
    try {
      const older = await this.#client.call('ListEntries', { ...this.#params(), before: shown.next });
      // A filter that changed meanwhile started a new list.
      if (this.page.value === shown) this.page.value = { ...older, entries: [...shown.entries, ...older.entries] };
    } catch (thrown) {
      this.moreError = asError(thrown);
    } finally {
      this.more = false;
    }
  }

  #params(): { limit: number; filter?: LogFilter } {
    const { type, severity, text } = this.filter;
    const filter: LogFilter = { ...(type && { type }), ...(severity && { severity }), ...(text && { text }) };
    return Object.keys(filter).length > 0 ? { limit: PAGE, filter } : { limit: PAGE };
  }
}
