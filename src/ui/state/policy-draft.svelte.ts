import type { NodeClient } from '../../protocol/client';
import type { PolicyDocument } from '../../protocol/messages';
import { Resource } from './resource.svelte';

const SETTLE_MS = 250;
const KEY = 'draft/policies';

/** The policy text under the owner's hands, checked as it is typed and kept over a reload of this tab. */
export class PolicyDraft {
  cedar = $state('');
  readonly check;
  readonly current: PolicyDocument;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(client: NodeClient, current: PolicyDocument) {
    this.current = current;
    this.cedar = sessionStorage.getItem(KEY) ?? current.cedar;
    this.check = new Resource(() => client.call('ValidatePolicies', { cedar: this.cedar }));
    void this.check.reload();
  }

  get changed(): boolean {
    return this.cedar !== this.current.cedar;
  }

  get problems() {
    return this.check.value?.problems ?? [];
  }

  write(cedar: string): void {
    this.cedar = cedar;
    if (this.changed) sessionStorage.setItem(KEY, cedar);
    else this.forget();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.check.reload(), SETTLE_MS);
  }

  forget(): void {
    sessionStorage.removeItem(KEY);
  }
}
