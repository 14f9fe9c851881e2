/** The door of the executor that installs: argument shapes of its actions (docs/work-order.md). */
import * as v from 'valibot';
import type { JsonObject } from '../../protocol/json';
import { LIMITS } from '../../protocol/limits';
import { EffectError } from './errors';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const reason = v.pipe(v.string(), v.minLength(1), v.maxLength(LIMITS.reasonChars));
const grants = v.pipe(v.array(v.pipe(v.string(), v.maxLength(300))), v.maxLength(LIMITS.manifestCapabilities));
const version = {
  skill: label,
  version: label,
  author: sha256,
  manifest_sha256: sha256,
  module_sha256: sha256,
  grants,
};

const SHAPES = {
  fetch_skill: v.strictObject({ url: v.pipe(v.string(), v.maxLength(LIMITS.linkChars)) }),
  install_skill: v.strictObject(version),
  upgrade_skill: v.strictObject({ ...version, from: sha256, gained: grants, lost: grants }),
  rollback_skill: v.strictObject({
    skill: label,
    version: label,
    from: sha256,
    to: sha256,
    gained: grants,
    lost: grants,
    expect_state_sha256: sha256,
  }),
  pin_skill: v.strictObject({ skill: label, manifest_sha256: v.nullable(sha256) }),
  revoke_skill: v.strictObject({ skill: label, version: label, manifest_sha256: sha256, reason }),
  trust_author: v.strictObject({ author: sha256, trusted: v.boolean() }),
  revoke_author: v.strictObject({ author: sha256, reason }),
} as const;

type Shapes = typeof SHAPES;
export type InstallAction = keyof Shapes;
export type InstallArgs<N extends InstallAction> = v.InferOutput<Shapes[N]>;

export const isInstallAction = (name: string): name is InstallAction => Object.hasOwn(SHAPES, name);

/** @throws EffectError `wrong_effect` when the arguments are not this action's. */
export function installArgs<N extends InstallAction>(name: N, args: JsonObject): InstallArgs<N> {
  const parsed = v.safeParse(SHAPES[name], args);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  throw new EffectError('wrong_effect', `${name}.${v.getDotPath(issue) ?? ''}: ${issue.message}`);
}
