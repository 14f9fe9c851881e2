import { hex, jcs } from '../../crypto';
import type { Intent } from '../../governance';
import { openedIdentity } from '../../identity';
import { commitmentTo, parseRecovery, signBody, type KeyLife, type Recovery } from '../../keys';
import type { JsonObject } from '../../protocol/json';
import type { KeysView } from '../../protocol/messages';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import type { Machine } from '../node';
import type { Running } from '../running';

type KeyHandlers = Pick<
  Handlers,
  'ListKeys' | 'GetRecoveryText' | 'RotateKey' | 'RevokeKey' | 'SetTrustees' | 'RecoverOwner' | 'SignAsTrustee'
>;

export function keyHandlers(machine: Machine): KeyHandlers {
  const key = (id: string) => ({ type: 'Key', id }) as const;
  return {
    ListKeys: () => view(machine.running()),
    GetRecoveryText: async () => ({ text: jcs(await recoveryOf(machine)) }),
    RotateKey: ({ purpose }) => change(machine, 'rotate_key', key(purpose), { purpose }),
    RevokeKey: (args) => change(machine, 'revoke_key', key(args.purpose), args),
    SetTrustees: async ({ needed, trustees }) => {
      const { openings } = machine.running();
      const hidden = [];
      // Names are personal: the log gets their hashes.
      for (const { key, name } of trustees)
        hidden.push({ key, name: name.trim() === '' ? null : await openings.hide(name.trim()) });
      try {
        const list = { needed, trustees: hidden };
        return await change(machine, 'set_trustees', { type: 'Trustees', id: 'owner' }, list);
      } catch (error) {
        await openings.erase(hidden.flatMap(({ name }) => (name ? [name.$hidden] : [])));
        throw error;
      }
    },
    RecoverOwner: async ({ signatures }) => {
      const recovery = { ...(await recoveryOf(machine)) };
      return change(machine, 'recover_owner', key('owner'), { recovery, signatures });
    },
    SignAsTrustee: async ({ text }) => {
      const recovery = readRecovery(text);
      const { owner } = openedIdentity(machine.service()).signers;
      return { key: hex(owner.publicKey), signature: await signBody(owner, recovery) };
    },
  };
}

/** Whether or not the answer came through: when the log's keys have changed, the node starts anew with them. */
async function change(
  machine: Machine,
  action: Intent['action'],
  resource: Intent['resource'],
  args: JsonObject,
): Promise<KeysView> {
  const running = machine.running();
  const before = marks(running.keys);
  try {
    await running.asOwner({ action, resource, args, context: {} });
  } finally {
    if (marks(running.keys) !== before) {
      await machine.boot();
      // Whoever asked while it started anew was told to come back.
      machine.events.emit({ type: 'resync' });
    }
  }
  return view(machine.running());
}

/** Differs after every change of a key. */
const marks = ({ spans }: KeyLife): number => spans.length + spans.filter((span) => span.revoked).length;

async function view({ keys, openings }: Running): Promise<KeysView> {
  const { trustees } = keys;
  if (!trustees) return { keys: keys.spans.map((span) => ({ ...span })), trustees: null };
  const named = [];
  for (const { key, name } of trustees.trustees) {
    const opening = name ? await openings.get(name.$hidden) : undefined;
    named.push({ key, name: typeof opening?.value === 'string' ? opening.value : null });
  }
  return {
    keys: keys.spans.map((span) => ({ ...span })),
    trustees: { needed: trustees.needed, since: trustees.at.ts, trustees: named },
  };
}

/** What trustees sign: that this node's next owner key follows the present one. The same text until something changes. */
async function recoveryOf(machine: Machine): Promise<Recovery> {
  const { keys, log } = machine.running();
  if (!keys.trustees) {
    throw new NodeError('not_found', 'No trustees have been appointed.', {
      advice: 'Appoint them while you still hold the owner key.',
    });
  }
  const [next, after] = [await machine.service().successor('owner', 1), await machine.service().successor('owner', 2)];
  return {
    v: 1,
    type: 'RECOVERY',
    origin: log.origin,
    index: keys.index('owner') + 1,
    previous: keys.spans.findLast((span) => span.purpose === 'owner')!.key,
    key: hex(next.publicKey),
    next: { owner: commitmentTo(after.publicKey) },
    trustees_sha256: keys.trustees.sha256,
  };
}

/** Only the exact text: a key that signs what it is handed would sign anything. */
function readRecovery(text: string): Recovery {
  let value: unknown;
  try {
    value = JSON.parse(text.trim());
  } catch {
    value = undefined;
  }
  const recovery = parseRecovery(value);
  if (recovery && jcs(recovery) === text.trim()) return recovery;
  throw new NodeError('bad_request', 'This is not the text of a recovery.', {
    advice: 'Ask its owner for the text again, and paste it whole.',
  });
}
