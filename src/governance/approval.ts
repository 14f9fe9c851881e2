import * as v from 'valibot';
import type { Sha256, Signer } from '../crypto';
import type { Approvers } from './approvers';
import { keyId, NonceShape, Sha256Shape, SignatureShape, signJcs, verifyJcs, type KeyRegistry } from './signed';
import { isoTime, TimeShape } from './time';
import type { Approval } from './types';

export const ApprovalShape = v.strictObject({
  approver: Sha256Shape,
  approval_id: NonceShape,
  action_digest: Sha256Shape,
  verdict: v.picklist(['yes', 'no']),
  decided_at: TimeShape,
  signature: SignatureShape,
});

/** What an approver's key signs: this request, this exact action, this verdict. */
const signedPart = ({ approval_id, action_digest, verdict, decided_at }: Omit<Approval, 'signature'>): object => ({
  v: 1,
  approval_id,
  action_digest,
  verdict,
  decided_at,
});

/** @param now ms */
export async function signApproval(
  approver: Signer,
  approvalId: string,
  actionDigest: Sha256,
  verdict: 'yes' | 'no',
  now: number,
): Promise<Approval> {
  const body = {
    approver: keyId(approver.publicKey),
    approval_id: approvalId,
    action_digest: actionDigest,
    verdict,
    decided_at: isoTime(now),
  };
  return { ...body, signature: await signJcs(approver, signedPart(body)) };
}

/** Whether this key signed exactly this. */
export const isSignedBy = (key: Uint8Array, approval: Approval): Promise<boolean> =>
  verifyJcs(key, signedPart(approval), approval.signature);

/** Whether a registered approver signed exactly this, or a device whose role says that it may. */
export async function verifyApproval(approval: Approval, keys: KeyRegistry, devices: Approvers): Promise<boolean> {
  const key = keys.approvers.get(approval.approver) ?? (await devices.keyOf(approval));
  return key !== undefined && (await isSignedBy(key, approval));
}
