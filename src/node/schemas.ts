/** The door: every request's parameters, checked before a handler sees them. */
import * as v from 'valibot';
import type { Params, RequestName } from '../protocol/messages';
import { EVENT_TYPES } from '../audit/types';
import { PURPOSES, REASONS } from '../keys';
import { isGrant } from '../protocol/grants';
import { LIMITS } from '../protocol/limits';
import { MESH_LIMITS } from '../protocol/mesh-limits';
import { MESH_SCHEMAS, peer } from './mesh/schemas';

const nothing = v.undefined();
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex'));
const hashes = v.pipe(v.array(sha256), v.maxLength(LIMITS.openingsPerAct));
const orderId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, 'an order’s id'));
const purpose = v.picklist(PURPOSES);
const seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const passphrase = v.pipe(v.string(), v.maxBytes(LIMITS.passphraseBytes));
const words = v.pipe(v.array(v.pipe(v.string(), v.maxLength(16))), v.maxLength(24));
const name = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9 _-]{0,63}$/, 'a name of letters, digits, space, - and _'),
);
const id = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/, 'an identifier'));
const yaml = v.pipe(v.string(), v.maxBytes(LIMITS.pipelineBytes));
const cedar = v.pipe(v.string(), v.maxBytes(LIMITS.policyBytes));
const text = (bytes: number) => v.pipe(v.string(), v.maxBytes(bytes));
const key = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9._-]{0,63}$/, 'a setting name'));
const skill = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,63}$/, 'a skill’s name'));
const author = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a public key in lower-case hex'));
const reason = v.pipe(v.string(), v.trim(), v.minLength(1, 'a reason'), v.maxLength(LIMITS.reasonChars));
const link = v.pipe(
  v.string(),
  v.maxLength(LIMITS.linkChars),
  v.check((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), 'a link that begins with https:// or http://'),
);
const file = v.pipe(v.string(), v.minLength(1), v.maxLength(255), v.regex(/^[^/\\]+$/, 'a file name without a path'));

const filter = v.strictObject({
  type: v.optional(v.picklist(EVENT_TYPES)),
  severity: v.optional(v.picklist(['INFO', 'WARNING', 'CRITICAL'])),
  text: v.optional(text(256)),
});
const unlock = v.union([v.strictObject({ passphrase }), v.strictObject({ passkey: v.literal(true) })]);

/** JSON of bounded depth; `undefined` and class instances are not JSON. */
export const json = v.custom<Params<'SetSetting'>['value']>((value) => isJson(value, 0), 'JSON');
function isJson(value: unknown, depth: number): boolean {
  if (depth > LIMITS.jsonDepth) return false;
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  return typeof value === 'object' && Object.values(value).every((item) => isJson(item, depth + 1));
}

const askedMembers = {
  peers: v.optional(v.pipe(v.array(peer), v.maxLength(MESH_LIMITS.members))),
  call: v.optional(id),
};

type Schemas = { readonly [N in RequestName]: v.GenericSchema<unknown> };

export const SCHEMAS: Schemas = {
  ...MESH_SCHEMAS,
  Ping: nothing,
  GetStatus: nothing,
  QueryCore: v.strictObject({ query: text(LIMITS.entryBytes), params: json }),
  RunWasm: v.strictObject({ path: v.union([sha256, name]), input: text(LIMITS.argumentsBytes) }),
  VerifyLicense: v.strictObject({ tx_id: text(64), developer_addr: text(128), required_sats: seq }),
  GetIdentity: nothing,
  Unlock: unlock,
  Seal: v.union([...unlock.options, v.strictObject({ unseal: v.literal(true) })]),
  GetRecoveryPhrase: nothing,
  ExportBackup: v.strictObject({ passphrase }),
  RestorePhrase: v.strictObject({ words }),
  RestoreBackup: v.strictObject({ file: text(LIMITS.backupBytes), passphrase }),
  RebindDevice: v.strictObject({ words }),
  Erase: v.strictObject({ confirm: v.literal('erase') }),
  Retry: nothing,
  ExportRaw: nothing,
  ListEntries: v.strictObject({
    before: v.optional(seq),
    limit: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.pageEntries)),
    filter: v.optional(filter),
  }),
  GetEntry: v.strictObject({ seq }),
  MakeCheckpoint: nothing,
  GetHeads: nothing,
  ProveEntry: v.strictObject({ seq }),
  CompareCheckpoint: v.strictObject({ note: text(LIMITS.proofTextBytes) }),
  PrepareTimestamp: nothing,
  AttachTimestamp: v.strictObject({ token: sha256 }),
  VerifyLog: nothing,
  ExportBundle: v.strictObject({ disclose: hashes }),
  ListPersonal: nothing,
  ErasePersonal: v.strictObject({ hashes: v.pipe(hashes, v.minLength(1)) }),
  ListKeys: nothing,
  GetRecoveryText: nothing,
  RotateKey: v.strictObject({ purpose }),
  RevokeKey: v.strictObject({ purpose, key: sha256, reason: v.picklist(REASONS) }),
  SetTrustees: v.strictObject({
    needed: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LIMITS.trustees)),
    trustees: v.pipe(
      v.array(v.strictObject({ key: sha256, name: text(LIMITS.trusteeNameBytes) })),
      v.minLength(1),
      v.maxLength(LIMITS.trustees),
    ),
  }),
  RecoverOwner: v.strictObject({
    signatures: v.pipe(
      v.array(
        v.strictObject({ key: sha256, signature: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{86}==$/, 'a signature')) }),
      ),
      v.maxLength(LIMITS.trustees),
    ),
  }),
  SignAsTrustee: v.strictObject({ text: text(LIMITS.entryBytes) }),
  Witnesses: nothing,
  SetWitnesses: v.strictObject({
    witnesses: v.pipe(
      v.array(
        v.strictObject({ name: text(64), url: text(LIMITS.witnessUrlChars), vkey: text(LIMITS.witnessUrlChars) }),
      ),
      v.maxLength(LIMITS.witnesses),
    ),
    quorum: seq,
  }),
  AskWitnesses: nothing,
  FindWitness: v.strictObject({ url: text(LIMITS.witnessUrlChars) }),
  RestartLog: v.strictObject({ confirm: v.literal('new log') }),
  ListPipelines: nothing,
  SavePipeline: v.strictObject({ name, yaml }),
  DeletePipeline: v.strictObject({ name }),
  ValidatePipeline: v.strictObject({ yaml }),
  StartRun: v.strictObject({
    yaml,
    datasets: v.pipe(
      v.record(file, sha256),
      v.check((d) => Object.keys(d).length <= LIMITS.pipelineStages),
    ),
  }),
  StopRun: v.strictObject({ run: id }),
  ResumeRun: v.strictObject({ run: id }),
  ListRuns: nothing,
  GetRun: v.strictObject({ run: id }),
  ListApprovals: nothing,
  DecideApproval: v.strictObject({
    id,
    verdict: v.picklist(['yes', 'no', 'always', 'never']),
    note: v.optional(
      v.pipe(
        text(LIMITS.noteBytes),
        v.check((note) => note.isWellFormed()),
      ),
    ),
  }),
  PreviewDecision: v.strictObject({ id, verdict: v.picklist(['always', 'never']) }),
  ReplayExecution: v.union([v.strictObject({ seq }), v.strictObject({ order_id: orderId })]),
  ListSkills: nothing,
  RunSkill: v.strictObject({
    skill: v.union([sha256, name]),
    input_sha256: sha256,
    budget: v.optional(seq),
    call: v.optional(id),
  }),
  DelegateSkill: v.strictObject({
    member: peer,
    skill: name,
    input: v.union([v.strictObject({ sha256 }), v.strictObject({ text: text(LIMITS.entryBytes) })]),
    call: v.optional(id),
  }),
  StopSkill: v.strictObject({ call: id }),
  InspectSkill: v.strictObject({ sha256 }),
  InspectPackage: v.strictObject({ manifest: sha256 }),
  FetchSkill: v.strictObject({ url: link }),
  FetchContent: v.strictObject({
    sha256,
    max_bytes: v.optional(v.pipe(seq, v.maxValue(MESH_LIMITS.contentBytes))),
    ...askedMembers,
  }),
  FetchPackage: v.strictObject({ manifest: sha256, ...askedMembers }),
  StopFetch: v.strictObject({ call: id }),
  InstallSkill: v.strictObject({
    manifest: sha256,
    grants: v.optional(v.pipe(v.array(v.pipe(v.string(), v.check(isGrant))), v.maxLength(LIMITS.manifestCapabilities))),
  }),
  RollbackSkill: v.strictObject({ skill, to: sha256 }),
  PinSkill: v.strictObject({ skill, pinned: v.boolean() }),
  RevokeSkill: v.strictObject({ skill, manifest: sha256, reason }),
  ListAuthors: nothing,
  TrustAuthor: v.strictObject({ author, trusted: v.boolean() }),
  RevokeAuthor: v.strictObject({ author, reason }),
  GetPolicies: nothing,
  ValidatePolicies: v.strictObject({ cedar }),
  SignPolicies: v.strictObject({ cedar }),
  PersistStorage: nothing,
  GetSetting: v.strictObject({ key }),
  SetSetting: v.strictObject({ key, value: json }),
};
