import type { NodeClient } from '../../protocol/client';
import type { MemberApproval } from '../../protocol/mesh';
import type { NodeStatus } from '../../protocol/messages';
import { Resource } from './resource.svelte';

/** What waits for this person's word: on this node, and on other devices that let this one decide. */
export class Waiting {
  /** Read only once the node speaks of a mesh, so that a node without one never loads it. */
  readonly members: Resource<MemberApproval[]>;
  readonly #status: Resource<NodeStatus>;

  constructor(client: NodeClient, status: Resource<NodeStatus>) {
    this.#status = status;
    this.members = new Resource(() => client.call('ListMemberApprovals'));
  }

  get count(): number {
    const elsewhere = this.members.value?.filter(({ state }) => state === 'open').length ?? 0;
    return (this.#status.value?.pending_approvals ?? 0) + elsewhere;
  }
}
