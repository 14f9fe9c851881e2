import * as v from 'valibot';
import { jcs, sha256Text, type Sha256 } from '../crypto';
import { LIMITS } from '../protocol/limits';
import type { JsonObject } from '../protocol/json';
import { isGrant } from '../protocol/grants';
import { KeyShape, line, NameShape, Sha256Shape, VersionShape } from './manifest';

/** One version that is installed. Its manifest and module are blobs. */
export interface InstalledVersion {
  readonly version: string;
  readonly manifestSha256: Sha256;
  readonly moduleSha256: Sha256;
  /** What the owner granted it, sorted. */
  readonly grants: readonly string[];
}

/** A name on this node. It is its author's from the first installation on. */
export interface InstalledSkill {
  readonly author: string;
  /** The manifest that the name stands for now. */
  readonly current: Sha256;
  readonly pinned: boolean;
  /** By manifest, oldest installation first. */
  readonly versions: ReadonlyMap<Sha256, InstalledVersion>;
}

export interface AuthorRecord {
  readonly trusted: boolean;
  /** Why, once it is. Revoked is for ever. */
  readonly revoked: string | null;
}

/** What the log says of skills from outside: a fold of its entries, nothing else. */
export interface RegistryState {
  readonly skills: ReadonlyMap<string, InstalledSkill>;
  readonly authors: ReadonlyMap<string, AuthorRecord>;
  /** Manifest → why. */
  readonly revoked: ReadonlyMap<Sha256, string>;
}

export const EMPTY_REGISTRY: RegistryState = { skills: new Map(), authors: new Map(), revoked: new Map() };

const GrantsShape = v.pipe(
  v.array(v.pipe(v.string(), v.check(isGrant))),
  v.maxLength(LIMITS.manifestCapabilities),
  v.check((list) => list.every((g, i) => i === 0 || list[i - 1]! < g), 'sorted and distinct'),
);
const ReasonShape = line(LIMITS.reasonChars);

/** The entries that change it, and what of their data counts here. */
const CHANGES = {
  SKILL_INSTALLED: v.object({
    skill: NameShape,
    author: KeyShape,
    version: VersionShape,
    manifest_sha256: Sha256Shape,
    module_sha256: Sha256Shape,
    grants: GrantsShape,
    from: v.nullable(Sha256Shape),
  }),
  SKILL_ROLLED_BACK: v.object({ skill: NameShape, from: Sha256Shape, to: Sha256Shape }),
  SKILL_REVOKED: v.object({ skill: NameShape, manifest_sha256: Sha256Shape, reason: ReasonShape }),
  SKILL_PINNED: v.object({ skill: NameShape, manifest_sha256: v.nullable(Sha256Shape) }),
  AUTHOR_REVOKED: v.object({ author: KeyShape, reason: ReasonShape }),
  AUTHOR_TRUSTED: v.object({ author: KeyShape, trusted: v.boolean() }),
} as const;

type ChangeType = keyof typeof CHANGES;
export type RegistryChange = {
  [T in ChangeType]: { type: T } & v.InferOutput<(typeof CHANGES)[T]>;
}[ChangeType];

export const REGISTRY_EVENTS: ReadonlySet<string> = new Set(Object.keys(CHANGES));

/** An entry's change; `undefined` when its data is not of its type's form. Only for {@link REGISTRY_EVENTS}. */
export function readChange(type: string, data: JsonObject): RegistryChange | undefined {
  const parsed = v.safeParse(CHANGES[type as ChangeType], data);
  return parsed.success ? ({ type, ...parsed.output } as RegistryChange) : undefined;
}

/** SHA-256 of the JCS of `{pointers: {name: digest}}`, where a digest is that of `{grants, manifest_sha256}`: what runs under which name. */
export function registryDigest({ skills }: RegistryState): Sha256 {
  const pointers: Record<string, Sha256> = {};
  for (const [name, { current, versions }] of skills) {
    const { grants } = versions.get(current)!;
    pointers[name] = sha256Text(jcs({ grants, manifest_sha256: current }));
  }
  return sha256Text(jcs({ pointers }));
}
