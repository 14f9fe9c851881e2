/** Runs of skills that other members ask of this node: its own kernel decides on each, and its log proves each. */
import { base64 } from '../../crypto';
import { GovernanceError, type ExecuteOptions, type Intent, type WorkOrder } from '../../governance/types';
import { openedIdentity } from '../../identity';
import { MeshError } from '../../mesh';
import type { DelegateHost, Ran } from '../../mesh/delegate';
import { LIMITS } from '../../protocol/limits';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { Clock } from '../../protocol/runtime';
import { NodeError } from '../errors';
import type { Machine } from '../node';
import { outcomeOfOrder } from '../outcomes';
import { ownNote, proveUnder } from '../proofs';
import { MemberRoles } from '../remote/roles';
import { knownArgs, knownSkill, ownArgs } from '../run-acts';

interface Parts {
  machine: Machine;
  /** Which skills the owner lets this member run now. */
  skillsOf: (peer: string) => readonly string[] | 'all';
}

type Asked = Parameters<DelegateHost['run']>[0];
type Wanted = Pick<Intent, 'action' | 'resource' | 'args' | 'context'>;

export class DelegatedRuns implements DelegateHost {
  readonly #parts: Parts;
  /** They say of whose key it is that it is a member's, and no more: what it may do the policies say each time. */
  readonly #roles: MemberRoles;
  readonly #rate: AskRate;

  constructor(parts: Parts) {
    const { clock } = parts.machine.options;
    this.#parts = parts;
    this.#roles = new MemberRoles('member', clock);
    this.#rate = new AskRate(clock);
  }

  get node(): DelegateHost['node'] {
    return openedIdentity(this.#parts.machine.service()).signers.node;
  }

  keys(): ReturnType<DelegateHost['keys']> {
    const { log, identity } = this.#parts.machine.running();
    const { signers } = identity;
    return { origin: log.origin, log: signers.log.publicKey, governance: signers.governance.publicKey };
  }

  async run(asked: Asked, peer: string, signal: AbortSignal): Promise<Ran> {
    if (!this.#rate.take(peer)) throw new MeshError('overloaded', 'This device asks for too much at once.');
    const { skill, module_sha256, input_sha256, request: delegation } = asked;
    const skills = this.#parts.skillsOf(peer);
    const may = skills === 'all' || skills.includes(skill);
    const found = await knownSkill(this.#parts.machine.running(), skill);
    const known = found?.name === skill && found.sha256 === module_sha256 ? found : undefined;
    // The right is to a skill, and what has its name but another module is not that skill.
    const right = may && known !== undefined;
    const context = {
      ...{ delegation, right: right ? 'run' : 'none' },
      ...(right && skills !== 'all' ? { named: true } : {}),
    };
    // What would be refused anyway takes nothing in: the run itself is, and the log says why.
    if (right) await this.#bring(input_sha256, peer, context, signal);
    const args = known ? knownArgs(known, input_sha256) : ownArgs(skill, module_sha256, input_sha256);
    const intent: Wanted = { action: 'run_skill', resource: { type: 'Skill', id: skill }, args, context };
    let begun: { order: WorkOrder; seq: number } | undefined;
    try {
      const onAuthorized = (order: WorkOrder, seq: number): void => void (begun = { order, seq });
      const { authorizedSeq, completedSeq } = await this.#act(peer, intent, { signal, onAuthorized });
      return { authorizedSeq, endedSeq: completedSeq };
    } catch (error) {
      // A run that failed has ended too, and is proven like any other.
      if (begun) return this.#ended(begun);
      throw may && !known && isDenial(error) ? otherSkill(skill) : error;
    }
  }

  async prove({ authorizedSeq, endedSeq }: Ran, seen: number): ReturnType<DelegateHost['prove']> {
    const { log } = this.#parts.machine.running();
    const under = await ownNote(log, endedSeq);
    const consistency = seen === 0 ? [] : await log.proofs.consistency(seen, under.size);
    return {
      authorized: await proveUnder(log, authorizedSeq, under),
      ended: await proveUnder(log, endedSeq, under),
      consistency: consistency.map(base64),
    };
  }

  async #act(peer: string, intent: Wanted, options: ExecuteOptions) {
    const { governance } = this.#parts.machine.running();
    const roleSignature = await this.#roles.of(peer, governance);
    return governance.execute({ ...intent, principal: { type: 'Member', id: peer }, roleSignature }, options);
  }

  /** The input, of the member itself, which offers it for as long as it waits. */
  async #bring(sha256: string, peer: string, context: Intent['context'], signal: AbortSignal): Promise<void> {
    if (await this.#parts.machine.running().storage.blobs.has(sha256)) return;
    const args = { sha256, max_bytes: LIMITS.skillInputBytes, peers: [peer] };
    await this.#act(
      peer,
      { action: 'fetch_content', resource: { type: 'Content', id: sha256 }, args, context },
      { signal },
    );
  }

  async #ended({ order, seq }: { order: WorkOrder; seq: number }): Promise<Ran> {
    const entry = await outcomeOfOrder(this.#parts.machine.running().log, order.order_id, seq);
    if (!entry) throw new NodeError('not_found', 'The log has no outcome of this run.');
    return { authorizedSeq: seq, endedSeq: entry.seq };
  }
}

/** So many in a time, of each: what is refused is logged too, and nobody is to fill the log of another. */
class AskRate {
  readonly #clock: Clock;
  readonly #taken = new Map<string, number>();
  #until = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(peer: string): boolean {
    const now = this.#clock.now();
    if (now >= this.#until) {
      this.#taken.clear();
      this.#until = now + MESH_LIMITS.delegateAsksMs;
    }
    const count = (this.#taken.get(peer) ?? 0) + 1;
    this.#taken.set(peer, count);
    return count <= MESH_LIMITS.delegateAsks;
  }
}

const isDenial = (error: unknown): boolean => error instanceof GovernanceError && error.code === 'denied';

const otherSkill = (skill: string): GovernanceError =>
  new GovernanceError('denied', `This node has no skill ${skill}, or another version of it.`, {
    advice: 'Both nodes need the same version.',
  });
