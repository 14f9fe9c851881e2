import type { PendingApproval } from '../../governance/types';
import { inWords } from '../../protocol/grants';
import type { Json } from '../../protocol/json';

type Intent = PendingApproval['intent'];

/** What will happen if it is allowed, for a person. Hashes stand apart, so that they can be compared. */
export interface PlainIntent {
  /** One sentence. */
  title: string;
  /** What it changes, and what it does not. */
  effect: string;
  hashes: { label: string; value: string }[];
}

const WHO: Record<Intent['principal']['type'], string> = {
  Owner: 'You',
  Pipeline: 'The pipeline',
  Agent: 'The agent',
  Member: 'The device',
};

export const who = ({ type, id }: Intent['principal']): string => (type === 'Owner' ? WHO.Owner : `${WHO[type]} ${id}`);

export function plainIntent(intent: Intent): PlainIntent {
  const { title, effect } = words(intent);
  return {
    title: `${who(intent.principal)} ${intent.principal.type === 'Owner' ? 'want' : 'wants'} to ${title}.`,
    effect,
    hashes: hashes(intent),
  };
}

function words({ action, resource, args }: Intent): { title: string; effect: string } {
  const name = `“${resource.id}”`;
  switch (action) {
    case 'promote':
      return {
        title: `put a model into ${name}`,
        effect:
          text(args['previous']) === ''
            ? `Afterwards ${name} names this model; now it names none. It can be rolled back.`
            : `Afterwards ${name} names this model instead of the one before. It can be rolled back.`,
      };
    case 'rollback':
      return { title: `move ${name} back`, effect: `Afterwards ${name} names what it named before the promotion.` };
    case 'ask':
      return {
        title: `make the request ${name} here`,
        effect: 'It is done as if you had asked for it at this device.',
      };
    case 'run_stage':
      return { title: `run the stage ${name}`, effect: 'Each effect inside the stage is asked for on its own.' };
    case 'run_skill':
      return {
        title: `run the skill ${name}`,
        effect: `It gets the input below and gives an output back. ${may(args['grants'])}`,
      };
    case 'read_dataset':
      return { title: `read the data set ${name}`, effect: 'Its bytes are checked against the hash and stored here.' };
    case 'store_artifact':
      return { title: `store the artifact ${name}`, effect: 'It is kept in this node’s store under its hash.' };
    case 'export_evidence':
      return {
        title: 'export the evidence',
        effect: 'The log and what it names are put into a zip in this node’s store.',
      };
    case 'rotate_key':
      return {
        title: `replace the ${resource.id} key by the next one`,
        effect: 'The log says so, signed by both keys, and the node starts anew with the next one.',
      };
    case 'revoke_key':
      return {
        title: `revoke a ${resource.id} key`,
        effect:
          'Nothing that this key signs from now on counts. If it is in force, the next one takes its place at once.',
      };
    case 'set_trustees':
      return {
        title: 'appoint trustees',
        effect: 'Enough of them together can then give this node a new owner key. Those before are no longer trustees.',
      };
    case 'recover_owner':
      return {
        title: 'take a new owner key that the trustees appointed',
        effect: 'The owner key before is revoked, and the node starts anew.',
      };
    case 'erase_openings':
      return {
        title: 'erase personal fields',
        effect: 'The log keeps their hashes. Nobody can read or show them any more, you neither.',
      };
    case 'fetch_skill':
      return {
        title: `read a link at ${name}`,
        effect: 'What it leads to is checked and kept. It is neither installed nor run.',
      };
    case 'fetch_content':
      return {
        title: 'fetch content from members of the mesh',
        effect: 'It is checked against its SHA-256 and kept. It is neither installed nor run.',
      };
    case 'delegate_skill':
      return {
        title: `have another device of the mesh run ${name}`,
        effect: 'It gets the input. Its answer is kept only if its signed order, result and log prove it.',
      };
    case 'install_skill':
      return {
        title: `install the skill ${name} ${text(args['version'])}`,
        effect: `Afterwards it may be run. ${may(args['grants'])}`,
      };
    case 'upgrade_skill':
      return {
        title: `upgrade the skill ${name} to ${text(args['version'])}`,
        effect: `${changes(args)} The version before is kept and can be gone back to.`,
      };
    case 'rollback_skill':
      return {
        title: `go back to ${name} ${text(args['version'])}`,
        effect: `${changes(args)} Both versions are kept.`,
      };
    case 'pin_skill':
      return args['manifest_sha256'] === null
        ? { title: `unpin the skill ${name}`, effect: 'Afterwards it can be upgraded and rolled back again.' }
        : { title: `pin the skill ${name}`, effect: 'It stays at the version in use until it is unpinned.' };
    case 'revoke_skill':
      return {
        title: `revoke ${name} ${text(args['version'])}`,
        effect: 'This version never runs again on this node; where it runs, it stops.',
      };
    case 'trust_author':
      return args['trusted'] === true
        ? {
            title: 'trust an author of skills',
            effect: 'Skills signed by this key are installed without a question as long as they ask for nothing new.',
          }
        : {
            title: 'no longer trust an author of skills',
            effect: 'Each installation from this key is asked for again.',
          };
    case 'revoke_author':
      return {
        title: 'revoke an author of skills',
        effect: 'Nothing signed by this key ever runs again on this node; what runs, stops.',
      };
    case 'sign_policies':
      return {
        title: 'put new policies in force',
        effect: 'From then on the new rules decide. The old ones stay in the log.',
      };
  }
}

const list = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.map((grant) => inWords(text(grant as Json))) : [];

function may(grants: Json | undefined): string {
  const words = list(grants);
  return words.length === 0 ? 'It may do nothing outside of its own run.' : `It may ${words.join(', and ')}.`;
}

function changes({ gained, lost }: Intent['args']): string {
  const [more, less] = [list(gained), list(lost)];
  if (more.length + less.length === 0) return 'It may do what it may do now.';
  return [
    ...(more.length > 0 ? [`New: it may ${more.join(', and ')}.`] : []),
    ...(less.length > 0 ? [`No longer: ${less.join(', ')}.`] : []),
  ].join(' ');
}

const LABELS: Record<string, string> = {
  model_sha256: 'Model',
  previous: 'Model before',
  sha256: 'Content',
  input_sha256: 'Input',
  module_sha256: 'Module',
  to: 'Back to',
  pipeline_sha256: 'Pipeline',
  policies_sha256: 'New policies',
  author: 'Author’s key',
  manifest_sha256: 'Manifest',
  from: 'Manifest before',
};

const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

function hashes({ args }: Intent): PlainIntent['hashes'] {
  return Object.entries(LABELS).flatMap(([key, label]) => {
    const value = text(args[key]);
    return /^[0-9a-f]{64}$/.test(value) ? [{ label, value }] : [];
  });
}

/** What each answer means, shown beside its button. */
export const ANSWERS = {
  yes: 'Allows exactly this, once. Your owner key signs it.',
  no: 'Refuses this once. The run ends there, and the log says why.',
  always: 'Allows this and changes your policies, so that the same is not asked again.',
  never: 'Refuses this and changes your policies, so that the same is always refused.',
} as const;
