import * as v from 'valibot';
import { fromHex, isSafePublicKey, sha256Hex } from '../../crypto';
import type { JsonObject } from '../../protocol/json';
import { ApprovalDecided, ApprovalRequested, Approver, Genesis, Role, Snapshot, type ApprovalData } from './shapes';
import { timeOf } from '../chain';
import { keyChange, signerNumber } from './keys';
import { readApprover, writeApprover, writeRole, type ApproverRecord } from './roles';
import { APPROVER, digestOf, withoutSignature, type Case } from './state';

/** Who the log belongs to: its keys, from here on the only ones that count. */
export function genesis(c: Case): void {
  const data = c.read(Genesis);
  if (!data) return;
  const nodeId = sha256Hex(fromHex(data.keys.node)!);
  if (data.node_id !== nodeId) c.broken('bad_genesis', 'the node id is not the SHA-256 of the node key');
  if (!isOriginOf(data.origin, nodeId)) c.broken('bad_genesis', "the origin is not the node's");
  if (!keyChange(c)) return;
  c.state.origin = data.origin;
}

/** `sovereign-node/<16 hex>`, and `/<8 hex>` for a log of its own: a restored node starts a new one. */
const isOriginOf = (origin: string, nodeId: string): boolean =>
  /^sovereign-node\/[0-9a-f]{16}(\/[0-9a-f]{8})?$/.test(origin) && origin.split('/')[1] === nodeId.slice(0, 16);

/** New policies come in force: signed by the governance key, and numbered without a gap. */
export function snapshot(c: Case): void {
  const data = c.read(Snapshot);
  const { keys } = c.state;
  if (!data || !keys) return;
  const { snapshot: body } = data;
  if (digestOf(c.entry.data['snapshot']) !== data.snapshot_sha256)
    c.broken('bad_digest', 'the snapshot does not have the SHA-256 beside it');
  if (body.number !== (c.state.snapshot?.number ?? 0) + 1)
    c.unauthorised('bad_snapshot', 'a snapshot number is skipped');
  const signed = c.entry.data['snapshot'] as JsonObject;
  c.signed(keys.governance, signed, data.signature, 'bad_signature', 'the governance key did not sign the snapshot');
  if (data.owner_signature !== null)
    c.signed(keys.owner, signed, data.owner_signature, 'bad_signature', 'the owner key did not sign the snapshot');
  c.state.snapshot = { number: body.number, policies: body.policies_sha256, schema: body.schema_sha256 };
  c.state.policies.push({ policies: body.policies_sha256, schema: body.schema_sha256, where: c.where });
}

/** A role is granted, by the governance or the owner key of this log; ownership by the owner key only. */
export function role(c: Case): void {
  const data = c.read(Role);
  const { keys } = c.state;
  if (!data || !keys) return;
  const record = c.entry.data['role_signature'] as JsonObject;
  const digest = digestOf(record);
  if (digest !== data.role_signature_sha256) c.broken('bad_digest', 'the role does not have the SHA-256 beside it');
  const grant = data.role_signature;
  const issuer = [keys.owner, keys.governance].find((key) => sha256Hex(key) === grant.issuer);
  if (!issuer) return c.unauthorised('bad_role', 'the role was granted by a key that is not of this log');
  if (grant.role === 'owner' && issuer !== keys.owner)
    return c.unauthorised('bad_role', 'ownership was not granted by the owner key');
  if (c.state.nonces.has(grant.nonce)) return c.unauthorised('bad_role', 'the role repeats the nonce of another');
  c.state.nonces.add(grant.nonce);
  const [from, until] = [timeOf(grant.issued_at), timeOf(grant.expires_at)];
  if (!(from >= 0 && until >= 0)) return c.broken('bad_entry', 'the role has no time in which it holds');
  const what = 'the role is not signed by the key that granted it';
  c.signed(issuer, withoutSignature(record), grant.signature, 'bad_signature', what);
  const number = signerNumber(c.state.life, issuer === keys.owner ? 'owner' : 'governance');
  writeRole(c.state.roles.add(digest), { principal: digestOf(record['principal']), from, until, issuer: number });
  if (grant.role === 'approver') approver(c, grant.context, { from, until, issuer: number });
}

/** A device is made an approver of one request. */
function approver(c: Case, context: unknown, times: Omit<ApproverRecord, 'key'>): void {
  const bound = v.safeParse(Approver, context);
  if (!bound.success) return c.broken('bad_entry', 'the role of an approver names no request and key');
  const key = fromHex(bound.output.key)!;
  if (!isSafePublicKey(key)) return c.unauthorised('bad_role', 'the key of an approver is of small order');
  writeApprover(c.state.approvers.add(`${bound.output.approval_id} ${sha256Hex(key)}`), { ...times, key });
}

export function approvalRequested(c: Case): void {
  const data = c.read(ApprovalRequested);
  if (!data) return;
  if (c.state.requests.has(`id ${data.approval_id}`))
    return c.unauthorised('bad_approval', 'an approval id is used twice');
  c.state.requests.add(`id ${data.approval_id}`);
  c.state.requests.add(`${data.action_digest} ${data.approval_id}`);
}

/** A person's verdict on one exact action. */
export function approvalDecided(c: Case): void {
  const data = c.read(ApprovalDecided);
  const { keys, requests } = c.state;
  if (!data || !keys) return;
  const { approval } = data;
  const asked = requests.has(`${approval.action_digest} ${data.approval_id}`);
  if (approval.approval_id !== data.approval_id || !asked)
    c.unauthorised('bad_approval', 'the approval is not for the action that was asked for');
  const device = c.state.approvers.get(`${data.approval_id} ${approval.approver}`);
  if (approval.approver === sha256Hex(keys.owner))
    logApproval(c, approval, keys.owner, signerNumber(c.state.life, 'owner'));
  else if (device) deviceApproved(c, approval, readApprover(device));
  else
    c.unauthorised(
      'bad_approval',
      "the approval is neither by this log's owner key nor by a device with a role for it",
    );
}

function deviceApproved(c: Case, approval: ApprovalData, { key, from, until, issuer }: ApproverRecord): void {
  const now = timeOf(c.entry.ts);
  if (!(now >= from && now < until)) c.unauthorised('role_expired', 'the approval came outside the time of its role');
  logApproval(c, approval, key, issuer);
}

/** @param restsOn number of the key whose revocation takes it back */
function logApproval(c: Case, approval: ApprovalData, key: Uint8Array, restsOn: number): void {
  c.signed(key, approvalBody(approval), approval.signature, 'bad_signature', 'the approver did not sign the approval');
  c.state.approvals.add(digestOf((c.entry.data as { approval: JsonObject }).approval))[APPROVER] = restsOn;
}

/** What an approver signs. */
const approvalBody = ({ approval_id, action_digest, verdict, decided_at }: ApprovalData): object => ({
  v: 1,
  approval_id,
  action_digest,
  verdict,
  decided_at,
});
