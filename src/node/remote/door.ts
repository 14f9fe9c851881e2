import { hex } from '../../crypto';
import type { Approval, Intent, PendingApproval, Principal } from '../../governance/types';
import type { Ask } from '../../mesh/ipc';
import type { JsonObject } from '../../protocol/json';
import type { RequestName } from '../../protocol/messages';
import { NodeError } from '../errors';
import type { Machine } from '../node';
import type { Running } from '../running';
import { checkDecider, checkOwnersDecision } from './may-decide';
import { ACTS, ASKED, READS } from './requests';
import { MemberRoles } from './roles';

interface DoorParts {
  machine: Machine;
  /** Whether the owner lets this device control this node now. */
  mayControl: (peer: string) => boolean;
}

/**
 * The door for other devices: each is a principal of its own, `Member::"<peer id>"`, under a role that the log grants to
 * its key. It comes in by the same schemas, handlers and kernel as a tab. Who may not control the node is refused at
 * every request, so that a right which is taken away ends what was open.
 */
export class RemoteDoor {
  readonly #parts: DoorParts;
  readonly #roles: MemberRoles;

  constructor(parts: DoorParts) {
    this.#parts = parts;
    this.#roles = new MemberRoles('controller', parts.machine.options.clock);
  }

  /** What a peer, whose key its connection proves, asks with. @throws NodeError `refused` */
  async admit(peer: string): Promise<Ask> {
    this.#check(peer);
    const { machine } = this.#parts;
    const running = (): Running => this.#runningAs(peer, machine.running());
    const handlers = machine.handlersWith(running);
    // Granted, and in the log, before the first request.
    await this.#roles.of(peer, machine.running().governance);
    return machine.sessionWith((name) => {
      this.#check(peer);
      if (READS.has(name) || ACTS.has(name)) return handlers[name];
      return (params: unknown) => this.#ask(peer, running(), name, params);
    });
  }

  /**
   * What a device decided and signed with its own key: the policies say whether it may, as for any other asking of it.
   * @throws NodeError `refused`, also where it asks for that itself; GovernanceError `denied`, `approval_unknown`, `approval_invalid`
   */
  async decide(peer: string, key: Uint8Array, approval: Approval): Promise<void> {
    this.#check(peer);
    const running = this.#parts.machine.running();
    checkDecider(peer, waiting(running, approval.approval_id));
    const signed = { peer, key: hex(key), approval: { ...approval } };
    await this.#runningAs(peer, running).asOwner({
      action: 'ask',
      resource: { type: 'Request', id: 'DecideApproval' },
      args: { request: 'DecideApproval', params: { signed } },
      context: {},
    });
  }

  #check(peer: string): void {
    if (this.#parts.mayControl(peer)) return;
    this.#roles.forget(peer);
    throw new NodeError('refused', 'This device may not control this node.', {
      advice: 'The owner of the node gives the right, under Mesh, at this device’s name.',
    });
  }

  /** The same subsystems; but what is done as the owner is done as this device. */
  #runningAs(peer: string, running: Running): Running {
    const principal: Principal = { type: 'Member', id: peer };
    const asMember: Running['asOwner'] = async (intent, options) => {
      const roleSignature = await this.#roles.of(peer, running.governance);
      const context: Intent['context'] = { ...intent.context, right: 'control' };
      return running.governance.execute({ ...intent, context, principal, roleSignature }, options);
    };
    return Object.create(running, { asOwner: { value: asMember } }) as Running;
  }

  /** Refused by the policies unless they name the request; a refusal is in the log like any other. */
  async #ask(peer: string, running: Running, name: RequestName, params: unknown): Promise<never> {
    // What may not stand in the log does not: only that it was asked for.
    const told = ASKED.has(name) ? ((params ?? null) as JsonObject | null) : null;
    if (name === 'DecideApproval' && told) {
      const request = waiting(running, told['id']);
      checkDecider(peer, request);
      checkOwnersDecision(told, request);
    }
    const { result } = await running.asOwner({
      action: 'ask',
      resource: { type: 'Request', id: name },
      args: { request: name, params: told },
      context: {},
    });
    return result as never;
  }
}

const waiting = ({ governance }: Running, id: unknown): PendingApproval | undefined =>
  governance.pendingApprovals().find((one) => one.id === id);
