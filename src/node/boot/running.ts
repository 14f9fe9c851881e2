import type { AuditLog, EventType } from '../../audit';
import { GovernanceError, openGovernance, OWNER, type Governance, type Intent } from '../../governance';
import type { Identity } from '../../identity';
import type { Pipelines } from '../../pipeline';
import { sha256Hex } from '../../crypto';
import type { Storage } from '../../storage';
import { openCatalogue, type SkillCatalogue } from '../catalogue';
import { createExecutors } from '../effects';
import { Registry } from '../effects/registry';
import { HaltError } from '../halts';
import type { Machine } from '../node';
import type { Running } from '../running';
import { openNodeLog } from './log';

export interface BootContext {
  machine: Machine;
  storage: Storage;
  identity: Identity;
  /** Why this boot happened, when that belongs into the log. */
  note: Extract<EventType, 'IDENTITY_RESTORED' | 'DEVICE_REBOUND'> | undefined;
}

/**
 * Starts log, kernel, skills and pipelines under supervision, in that order.
 * @throws HaltError when what is stored does not hold together.
 */
export async function bootRunning({ machine, storage, identity, note }: BootContext): Promise<Running> {
  const { supervisor, options, events } = machine;
  const { clock, random, assets } = options;
  const get = <T>(name: Parameters<typeof supervisor.get>[0]) => supervisor.get(name) as T;
  const log = () => get<AuditLog>('log');
  const governance = () => get<Governance>('kernel');
  const catalogue = () => get<SkillCatalogue>('skills');

  await supervisor.add<AuditLog>({
    name: 'log',
    needs: ['storage'],
    start: async () => {
      const opened = await openNodeLog(storage, identity, clock, random);
      opened.onAppend(() => events.emit({ type: 'log', size: opened.size }));
      return opened;
    },
    stop: (opened) => opened.close(),
  });
  if (note) await log().append({ type: note, severity: 'WARNING', data: { node_id: identity.public.nodeId } });
  await log().append({
    type: 'NODE_STARTED',
    data: { version: options.version, build: options.build, realm: options.realm },
  });

  await supervisor.add<SkillCatalogue>({
    name: 'skills',
    needs: [],
    start: () => openCatalogue(assets, () => storage.blobs),
  });

  // With its YAML parser a third of the worker: fetched while the kernel starts.
  const { createPipelines, stageExecutor } = await import('../../pipeline');
  let registry = new Registry();
  await supervisor.add<Governance>({
    name: 'kernel',
    needs: ['log'],
    start: async () => {
      registry = await foldRegistry(log());
      const opened = await open(() =>
        options.loadCedar().then((cedar) =>
          openGovernance({
            log: log(),
            blobs: storage.blobs,
            governance: identity.signers.governance,
            owner: identity.signers.owner,
            cedar,
            clock,
            random,
            executors: (gate) =>
              createExecutors({
                gate,
                log: log(),
                blobs: storage.blobs,
                assets,
                registry,
                identity,
                catalogue,
                runner: options.skills,
                stages: stageExecutor(gate, () => get<Pipelines>('pipeline')),
              }),
            factsOf: pinnedFacts(catalogue),
          }),
        ),
      );
      opened.onApprovals(() => events.emit({ type: 'approvals', pending: opened.pendingApprovals().length }));
      opened.onPolicies(() => events.emit({ type: 'policies' }));
      return opened;
    },
  });

  await supervisor.add<Pipelines>({
    name: 'pipeline',
    needs: ['kernel', 'skills'],
    start: async () => {
      const opened = await createPipelines({
        kernel: governance(),
        log: log(),
        blobs: storage.blobs,
        issueRole: (grant) => governance().issueRole(grant),
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

  return {
    storage,
    identity,
    get log() {
      return log();
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
    asOwner: async (intent) =>
      governance().execute({ ...intent, principal: OWNER, roleSignature: await governance().ownerRole() }),
  };
}

async function open(start: () => Promise<Governance>): Promise<Governance> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof GovernanceError && error.code === 'config_broken')
      throw new HaltError('config_broken', error.message, error);
    throw error;
  }
}

async function foldRegistry(log: AuditLog): Promise<Registry> {
  const registry = new Registry();
  for await (const entry of log.entries(0, log.size)) registry.apply(entry);
  return registry;
}

/** The node's own word on what a caller might claim: which modules are pinned, and how much they are granted. */
function pinnedFacts(catalogue: () => SkillCatalogue) {
  return ({ action, args }: Pick<Intent, 'action' | 'args'>): Intent['context'] => {
    if (action !== 'run_skill') return {};
    const { module_sha256: module, grants } = args;
    const pinned = typeof module === 'string' && catalogue().find(module) !== undefined;
    return { pinned, grants: Array.isArray(grants) ? grants.length : 0 };
  };
}
