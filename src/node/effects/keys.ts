import type { AuditLog, NewEntry } from '../../audit';
import { hex, type Signer } from '../../crypto';
import type { Executor, KeyGuard, WorkOrder } from '../../governance';
import { openedIdentity, type IdentityService } from '../../identity';
import {
  commitmentTo,
  holds,
  parseRecovery,
  signBody,
  type KeyLife,
  type Purpose,
  type RevocationReason,
} from '../../keys';
import type { JsonObject } from '../../protocol/json';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

interface KeyParts {
  door: EffectDoor;
  guard: KeyGuard;
  log: AuditLog;
  service: () => IdentityService;
  /** The keys of the log as it stands. */
  life: () => KeyLife;
  /** Whether a run is under way. */
  isRunning: () => boolean;
}

/** Entries that change keys, and who signs the log's heads from then on when that is another. */
interface Change {
  entries: NewEntry[];
  logSigner?: Signer;
}

/**
 * Rotation, revocation, trustees, recovery. The log is written first, and is the truth; the node then starts anew and
 * its identity follows, so that a crash anywhere between leaves nothing to be undone.
 */
export function keysExecutor(parts: KeyParts): Executor {
  const { door, guard, log } = parts;
  return {
    audience: 'keys',
    async execute(order, args) {
      await door.check(order, 'keys', order.action, args);
      if (order.action === 'set_trustees') {
        const entry = await trustees(parts, order, args);
        await append(parts, { entries: [entry] });
        return { number: (entry.data['trustees'] as { number: number }).number };
      }
      return guard.change(async () => {
        if (parts.isRunning()) {
          throw new EffectError('run_under_way', 'A run is under way.', {
            advice: 'Let it finish or stop it, then ask for the change again.',
          });
        }
        // Everything that the old key signed is in the log, and under a head, before the change.
        await log.checkpoint();
        const change = await changeOf(parts, order, args);
        await append(parts, change);
        return { changed: change.entries.map((entry) => entry.type) };
      });
    },
  };
}

function changeOf(parts: KeyParts, order: WorkOrder, args: JsonObject): Promise<Change> {
  switch (order.action) {
    case 'rotate_key':
      return rotation(parts, order, parseArgs('rotate_key', args).purpose, false);
    case 'revoke_key': {
      const { purpose, key, reason } = parseArgs('revoke_key', args);
      return revocation(parts, order, purpose, key, reason);
    }
    case 'recover_owner':
      return recovery(parts, order, args);
    default:
      throw new EffectError('wrong_effect', `${order.action} changes no key.`);
  }
}

/** @param revoked the key that goes is worth nothing any more: the owner key speaks in its place */
async function rotation(parts: KeyParts, order: WorkOrder, purpose: Purpose, revoked: boolean): Promise<Change> {
  const { service, life } = parts;
  const { signers } = openedIdentity(service());
  const [key, after] = await Promise.all([service().successor(purpose, 1), service().successor(purpose, 2)]);
  const committed = life().committed(purpose) !== undefined;
  const body = {
    v: 1,
    type: 'KEY_ROTATED',
    origin: parts.log.origin,
    purpose,
    index: life().index(purpose) + 1,
    previous: hex(signers[purpose].publicKey),
    key: hex(key.publicKey),
    next: { [purpose]: commitmentTo(after.publicKey) },
  };
  const byOwner = purpose !== 'owner' && (revoked || !committed);
  const data = {
    rotation: body,
    key_signature: await signBody(key, body),
    previous_signature: revoked ? null : await signBody(signers[purpose], body),
    owner_signature: byOwner ? await signBody(signers.owner, body) : null,
    order_id: order.order_id,
  };
  const entry: NewEntry = { type: 'KEY_ROTATED', severity: 'WARNING', data };
  return { entries: [entry], ...(purpose === 'log' ? { logSigner: key } : {}) };
}

/** A key in force is replaced in the same commit: there is no moment without one. */
async function revocation(
  parts: KeyParts,
  order: WorkOrder,
  purpose: Purpose,
  key: string,
  reason: RevocationReason,
): Promise<Change> {
  const { service, life, log } = parts;
  const current = life().current(purpose) === key;
  const signer =
    purpose === 'owner' && current ? await service().successor('owner', 1) : openedIdentity(service()).signers.owner;
  const body = { v: 1, type: 'KEY_REVOKED', origin: log.origin, purpose, key, from_seq: log.size, reason };
  const data = {
    revocation: body,
    signer: hex(signer.publicKey),
    signature: await signBody(signer, body),
    order_id: order.order_id,
  };
  const entry: NewEntry = { type: 'KEY_REVOKED', severity: 'CRITICAL', data };
  if (!current) return { entries: [entry] };
  const next = await rotation(parts, order, purpose, true);
  return { ...next, entries: [entry, ...next.entries] };
}

async function trustees({ service, life, log }: KeyParts, order: WorkOrder, args: JsonObject): Promise<NewEntry> {
  const { needed, trustees: list } = parseArgs('set_trustees', args);
  const number = (life().trustees?.number ?? 0) + 1;
  const body = { v: 1, type: 'TRUSTEES_SET', origin: log.origin, number, needed, trustees: list };
  const signature = await signBody(openedIdentity(service()).signers.owner, body);
  return { type: 'TRUSTEES_SET', severity: 'WARNING', data: { trustees: body, signature, order_id: order.order_id } };
}

async function recovery({ service }: KeyParts, order: WorkOrder, args: JsonObject): Promise<Change> {
  const { recovery: body, signatures } = parseArgs('recover_owner', args);
  const key = await service().successor('owner', 1);
  if (parseRecovery(body)?.key !== hex(key.publicKey)) {
    throw new EffectError(
      'recovery_invalid',
      'The text that the trustees signed is not for this node’s next owner key.',
      {
        advice: 'Show the trustees the text anew.',
      },
    );
  }
  const data = { recovery: body, signatures, key_signature: await signBody(key, body), order_id: order.order_id };
  return { entries: [{ type: 'RECOVERY', severity: 'CRITICAL', data }] };
}

/** Tried on a copy first, signatures and all: what the next start would refuse is never written. */
async function append({ log, life }: KeyParts, { entries, logSigner }: Change): Promise<void> {
  const trial = life().clone();
  for (const [i, { type, data }] of entries.entries()) {
    const { flaws, proofs } = trial.apply({ seq: log.size + i, ts: '', type, data });
    const held = await Promise.all(proofs.map(holds));
    const flaw = flaws[0] ?? proofs.find((_, n) => !held[n])?.flaw;
    if (flaw !== undefined) {
      throw new EffectError(type === 'RECOVERY' ? 'recovery_invalid' : 'key_unknown', `This cannot be done: ${flaw}.`, {
        advice: 'Nothing was changed. Look at the keys and trustees again.',
      });
    }
  }
  await log.appendAll(entries, logSigner ? { signer: logSigner } : {});
}
