import { openedIdentity } from '../../identity';
import { serveDelegation } from '../../mesh/delegate';
import { Delivery } from '../../mesh/delivery';
import { serveContent } from '../../mesh/exchange';
import { serveIpc } from '../../mesh/ipc';
import { Topics } from '../../mesh/topics';
import { openWitnessStore, serveWitness, witnessName } from '../../mesh/witness';
import type { MemberRight } from '../../protocol/mesh';
import { Witness } from '../../witness';
import type { Machine } from '../node';
import { RemoteDoor } from '../remote/door';
import { MemberApprovals } from './approvals';
import { peerOf } from './book';
import { DelegatedRuns } from './delegating';
import { Heads } from './heads';
import { Shared } from './shared';
import { Talk } from './talk';
import type { OpenMesh, Served } from './types';

/** What members can ask of this node, and this node of them, while the mesh is open. */
export async function serveMembers(machine: Machine, open: OpenMesh): Promise<Served> {
  const { mesh, book, isMember } = open;
  const rightsOf = (peer: string): readonly MemberRight[] => {
    const member = book.memberAt(peer);
    return member ? book.rightsOf(member.key) : [];
  };
  const mayControl = (peer: string): boolean => rightsOf(peer).includes('control');
  const door = new RemoteDoor({ machine, mayControl });
  const { schedule, options } = machine;
  const signer = openedIdentity(machine.service()).signers.node;
  const witness = new Witness({
    name: witnessName(signer.publicKey),
    signer,
    clock: options.clock,
    // Members' logs come by themselves; nobody else reaches this.
    logs: [],
    open: true,
    store: await openWitnessStore(machine.storage().records),
  });
  const shared = new Shared({
    log: () => machine.running().log,
    registry: () => machine.running().installs.state,
    isBundled: (sha256) => machine.running().skills.find(sha256)?.sha256 === sha256,
  });
  const find = async (sha256: string, peer: string): Promise<Uint8Array | undefined> => {
    if (!talk.isOffered(sha256, peer) && !(await shared.mayHave(sha256, peer, rightsOf(peer)))) return undefined;
    return machine.running().skills.module(sha256);
  };
  const topics = new Topics({
    ...{ mesh, isMember, clock: options.clock, random: options.random },
    ...{ epoch: book.member().roster.epoch, key: book.member().keys.topicKey },
    // Where even the log fails the node has more to tell than this.
    onDropped: (peer, reason) => void book.dropped(peer, reason).catch(() => undefined),
  });
  const changed = (): void => machine.events.emit({ type: 'mesh' });
  const heads = new Heads({ mesh, log: book.deps.log, topics, witness, schedule, changed });
  const talk = new Talk(open, { schedule, storage: machine.storage(), heads });
  const delegated = new DelegatedRuns({
    machine,
    skillsOf: (peer) => {
      const member = book.memberAt(peer);
      return member ? book.skillsOf(member.key) : [];
    },
  });
  const approvals = await MemberApprovals.open({
    records: machine.storage().records,
    clock: options.clock,
    signer: () => openedIdentity(machine.service()).signers.node,
    pending: () => machine.running().governance.pendingApprovals(),
    deciders: () => book.members.map(({ key }) => peerOf(key)).filter(mayControl),
    nameOf: (peer) => book.memberAt(peer)?.name,
    accept: (peer, key, approval) => door.decide(peer, key, approval),
    changed,
  });
  const delivery = await Delivery.open({
    ...{ mesh, isMember, schedule, clock: options.clock, random: options.random },
    records: machine.storage().records,
    keep: (message) => approvals.keep(message),
    onSettled: (message, outcome) => approvals.settled(message, outcome),
  });
  approvals.start(delivery);
  const stopLooking = machine.events.subscribe(({ type }) => {
    // While a part restarts there is nothing to be told; the next event comes.
    if (type === 'approvals' || type === 'mesh' || type === 'status') void approvals.look().catch(() => undefined);
  });
  const stops = [
    serveIpc(mesh, (peer) => door.admit(peer), schedule),
    serveWitness({ mesh, schedule, isMember, witness, registered: () => heads.reconsider() }),
    serveContent({ mesh, schedule, isMember, find }),
    serveDelegation({ mesh, schedule, isMember, host: delegated }),
    () => heads.stop(),
    stopLooking,
    () => topics.close(),
  ];
  return {
    heads,
    approvals,
    talk,
    stop: async () => {
      for (const stop of stops) stop();
      await delivery.close();
    },
  };
}
