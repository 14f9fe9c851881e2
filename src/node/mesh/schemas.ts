import * as v from 'valibot';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import { isDeviceName, type MeshRequests } from '../../protocol/mesh';

const nothing = v.undefined();
const name = v.pipe(
  v.string(),
  v.trim(),
  v.check(isDeviceName, 'a name of letters, digits and signs that can be seen'),
);
const addr = v.pipe(v.string(), v.maxLength(MESH_LIMITS.addrChars));
const relays = v.pipe(v.array(addr), v.maxLength(MESH_LIMITS.relays));
/** Of a relay's operator. */
const token = v.optional(v.pipe(v.string(), v.regex(/^[!-~]{1,256}$/, 'a token')));
export const peer = v.pipe(v.string(), v.regex(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/, 'a peer id'));
const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'an identifier'));
const key = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a key in hex'));
const skill = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
/** An invitation or another code, with room for the address in front of it and for line breaks. */
const code = v.pipe(v.string(), v.maxLength(2 * MESH_LIMITS.invitationChars));

/** The door of the mesh's requests. */
export const MESH_SCHEMAS: { readonly [N in keyof MeshRequests]: v.GenericSchema<unknown> } = {
  MeshDial: v.strictObject({ addr }),
  MeshPeers: nothing,
  GetMesh: nothing,
  CreateMesh: v.strictObject({ name, relays, relay_key: v.optional(key), token }),
  SetRelays: v.strictObject({ relays, token }),
  InviteMember: v.strictObject({
    minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MESH_LIMITS.invitationMinutes)),
  }),
  WithdrawInvitation: v.strictObject({ id }),
  ReadInvitation: v.strictObject({ text: code }),
  JoinMesh: v.strictObject({ text: code, name }),
  OfferLink: v.strictObject({ invite: v.boolean() }),
  AcceptLink: v.strictObject({ text: code }),
  WithdrawLink: v.strictObject({ id: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, 'an identifier')) }),
  AnswerLink: v.strictObject({ text: code, name: v.optional(name) }),
  ConfirmPairing: v.strictObject({ id, yes: v.boolean() }),
  RemoveMember: v.strictObject({ peer }),
  SetDeputy: v.strictObject({ peer, deputy: v.boolean() }),
  TakeOverMesh: v.strictObject({ confirm: v.literal('take over') }),
  SetMemberRights: v.strictObject({
    peer,
    rights: v.pipe(v.array(v.picklist(['control', 'delegate', 'run'])), v.maxLength(3)),
    skills: v.optional(v.pipe(v.array(skill), v.maxLength(MESH_LIMITS.grantedSkills))),
  }),
  LeaveMesh: v.strictObject({ confirm: v.literal('leave') }),
  ListMemberApprovals: nothing,
  DecideMemberApproval: v.strictObject({ peer, id, verdict: v.picklist(['yes', 'no']) }),
  DiagnoseMesh: nothing,
};
