import type { AuditLog, EventType } from '../../audit';
import type { Governance } from '../../governance';
import { GovernanceError, OWNER, type Intent } from '../../governance/types';
import { openedIdentity } from '../../identity';
import { KeyLife } from '../../keys';
import type { Pipelines } from '../../pipeline';
import type { RunStatus } from '../../pipeline/types';
import { sha256Hex } from '../../crypto';
import type { Storage } from '../../storage';
import { openCatalogue, type SkillCatalogue } from '../catalogue';
import { Registry } from '../effects/registry';
import { InstalledSkills } from '../installs';
import { HaltError } from '../halts';
import type { Machine } from '../node';
import { askHere } from '../remote/ask';
import type { Running } from '../running';
import { lend } from '../guarded';
import { Openings } from '../openings';
import { restarted } from '../life';
import { noMesh, type MeshDoor } from '../mesh/door';
import { openNodeLog } from './log';
import { bootMesh } from './mesh';
import { lendStorage } from './store';
import type { Fetch, NodeWitnesses } from '../witness';
import { sweepRegularly } from './sweeps';

export interface BootContext {
  machine: Machine;
  storage: Storage;
  /** Why this boot happened, when that belongs into the log. */
  note: Extract<EventType, 'IDENTITY_RESTORED' | 'DEVICE_REBOUND'> | undefined;
}

/**
 * Starts log, kernel, skills and pipelines under supervision, in that order. What a subsystem holds of another is lent
 * to it for its own life, so that one that was restarted cannot act beside its successor.
 * @throws HaltError when what is stored does not hold together; StorageError, AuditError when the log cannot be opened.
 */
export async function bootRunning({ machine, storage, note }: BootContext): Promise<Running> {
  const { supervisor, options, events, schedule } = machine;
  const { clock, random, assets } = options;
  const get = <T>(name: Parameters<typeof supervisor.get>[0]) => supervisor.get(name) as T;
  const log = () => get<AuditLog>('log');
  const governance = () => get<Governance>('kernel');
  const catalogue = () => get<SkillCatalogue>('skills');
  const openings = new Openings(storage.records, random);
  let registry = new Registry();
  let installs = new InstalledSkills();
  let keyLife = new KeyLife();
  let stopSweeping: (() => void) | undefined;

  const mesh = () => {
    if (options.mesh) return get<MeshDoor>('mesh').get();
    return Promise.reject(noMesh());
  };
  const overNetwork = options.witnessing?.fetch ?? noNetwork;
  const witnessFetch: Fetch = async (url, init) => {
    if (!url.startsWith('mesh://')) return overNetwork(url, init);
    return (await mesh()).open.talk.fetchWitness(url, init);
  };

  await supervisor.add<AuditLog>({
    name: 'log',
    needs: ['storage'],
    vital: true,
    start: async (life) => {
      const mine = lendStorage(() => life.lend(() => storage));
      const onFault = (error: unknown) => supervisor.report('log', error, life);
      const { log: opened, life: keys } = await openNodeLog(mine, machine.service(), clock, random, onFault);
      keyLife = keys;
      opened.onAppend(() => events.emit({ type: 'log', size: opened.size }));
      opened.onCheckpoint(() => events.emit({ type: 'log', size: opened.size }));
      return opened;
    },
    stop: (opened) => opened.close(),
  });
  // Only now: the log says which of its keys are in force.
  const identity = openedIdentity(machine.service());
  if (note) await log().append({ type: note, severity: 'WARNING', data: { node_id: identity.public.nodeId } });
  await log().append({
    type: 'NODE_STARTED',
    data: { version: options.version, build: options.build, realm: options.realm },
  });

  await supervisor.add<NodeWitnesses>({
    name: 'witness',
    needs: ['log'],
    start: async (life) => {
      // Not needed for the node to be ready: fetched after what is.
      const witness = await import('../witness/witnesses');
      return witness.NodeWitnesses.open({
        log: life.lend(log),
        records: life.lend(() => storage.records),
        signers: () => openedIdentity(machine.service()).signers,
        fetch: (url, init) => witnessFetch(url, init),
        server: options.witnessing?.server,
        schedule,
        changed: () => events.emit({ type: 'witnesses' }),
        rolledBack: ({ size }) => {
          const found = `A witness holds a checkpoint of ${size} entries, by this node's own key, that this log does not have.`;
          supervisor.report('witness', new HaltError('log_rolled_back', found), life);
        },
      });
    },
    stop: (opened) => Promise.resolve(opened.close()),
  });

  await supervisor.add<SkillCatalogue>({
    name: 'skills',
    needs: [],
    start: (life) => openCatalogue(assets, () => life.lend(() => storage.blobs)),
  });

  // Fetched beside the policy engine, which they wait for anyway.
  const pipelines = () => import('../../pipeline');
  const effects = () => import('../effects');
  const kernel = () => import('../../governance');

  await supervisor.add<Governance>({
    name: 'kernel',
    needs: ['log'],
    start: async (life) => {
      // What the kernel before this one still had under way is in the log now, or never will be.
      if (life.restarts > 0) await log().checkpoint();
      [registry, installs] = await foldRegistries(log(), () => events.emit({ type: 'skills' }));
      const [{ stageExecutor }, { createExecutors }, { openGovernance }, cedar] = await Promise.all([
        pipelines(),
        effects(),
        kernel(),
        options.loadCedar(),
      ]);
      const mine = { log: life.lend(log), blobs: life.lend(() => storage.blobs) };
      const opened = await open(() =>
        openGovernance({
          ...mine,
          governance: identity.signers.governance,
          owner: identity.signers.owner,
          cedar,
          clock,
          random,
          executors: (gate, guard) =>
            createExecutors({
              ...mine,
              records: life.lend(() => storage.records),
              gate,
              guard,
              service: () => machine.service(),
              life: () => keyLife,
              isRunning: () => get<Pipelines>('pipeline').list().some(isUnderWay),
              openings,
              cedar,
              assets,
              registry,
              installs,
              fetch: options.fetch ?? noNetwork,
              fetchContent: async (wanted, how) => (await mesh()).open.talk.fetchContent(wanted, how),
              delegate: async (wanted, how) => (await mesh()).open.talk.delegate(wanted, how),
              identity,
              ask: askHere(machine),
              catalogue,
              witnesses: lend(() => get<NodeWitnesses>('witness')),
              runner: supervisor.watch('skills', options.skills),
              stages: stageExecutor(gate, () => get<Pipelines>('pipeline')),
            }),
          factsOf: (act) => ({ ...pinnedFacts(act, catalogue()), ...installs.factsOf(act) }),
        }),
      );
      opened.onApprovals(() => events.emit({ type: 'approvals', pending: opened.pendingApprovals().length }));
      opened.onPolicies(() => events.emit({ type: 'policies' }));
      stopSweeping = sweepRegularly(schedule, () => supervisor.watch('kernel', opened, life).sweep());
      return opened;
    },
    stop: (opened) => {
      stopSweeping?.();
      opened.close(restarted());
      return Promise.resolve();
    },
  });

  await supervisor.add<Pipelines>({
    name: 'pipeline',
    needs: ['kernel'],
    start: async (life) => {
      const { createPipelines } = await pipelines();
      const opened = await createPipelines({
        kernel: life.lend(governance),
        log: life.lend(log),
        blobs: life.lend(() => storage.blobs),
        issueRole: (grant) => life.lend(governance).issueRole(grant),
        governanceSigner: identity.signers.governance,
        clock,
        random,
        skills: (name) => catalogue().find(name),
        datasets: async (file) => {
          const bytes = await assets.read(`datasets/${file}`);
          return bytes && sha256Hex(bytes);
        },
        pointer: (name) => registry.get(name),
      });
      opened.onChange((run) => events.emit({ type: 'run', run }));
      return opened;
    },
    stop: (opened) => opened.close(),
  });

  if (options.mesh) await bootMesh(machine, storage, log, options.mesh);

  return {
    storage,
    identity,
    openings,
    get mesh() {
      return get<MeshDoor>('mesh');
    },
    get keys() {
      return keyLife;
    },
    get log() {
      return log();
    },
    get witnesses() {
      return get<NodeWitnesses>('witness');
    },
    get governance() {
      return governance();
    },
    get pipelines() {
      return get<Pipelines>('pipeline');
    },
    get skills() {
      return catalogue();
    },
    get installs() {
      return installs;
    },
    asOwner: async (intent, asked) =>
      governance().execute({ ...intent, principal: OWNER, roleSignature: await governance().ownerRole() }, asked),
  };
}

const noNetwork = (): Promise<never> => Promise.reject(new Error('this node has no network'));

const isUnderWay = ({ state }: RunStatus): boolean => state === 'running' || state === 'awaiting_approval';

async function open(start: () => Promise<Governance>): Promise<Governance> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof GovernanceError && error.code === 'config_broken')
      throw new HaltError('config_broken', error.message, error);
    throw error;
  }
}

async function foldRegistries(log: AuditLog, changed: () => void): Promise<[Registry, InstalledSkills]> {
  const registry = new Registry();
  const installs = new InstalledSkills(changed);
  for await (const entry of log.entries(0, log.size)) {
    registry.apply(entry);
    installs.apply(entry);
  }
  return [registry, installs];
}

/** The node's own word on what a caller might claim: which modules are pinned, and how much they are granted. */
function pinnedFacts({ action, args }: Pick<Intent, 'action' | 'args'>, catalogue: SkillCatalogue): Intent['context'] {
  if (action !== 'run_skill') return {};
  const { skill, module_sha256: module, grants } = args;
  // By name and module: one skill's module is not pinned under another's name.
  const pinned = typeof skill === 'string' && catalogue.find(skill)?.sha256 === module;
  return { pinned, grants: Array.isArray(grants) ? grants.length : 0 };
}
