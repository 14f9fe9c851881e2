import { fromUtf8, sha256Hex } from '../../src/crypto';
import { SovereignError } from '../../src/protocol/errors';
import { inWords } from '../../src/protocol/grants';
import { LIMITS } from '../../src/protocol/limits';
import {
  checkManifest,
  manifestAddress,
  parseIndex,
  parseManifest,
  readManifest,
  type SkillManifest,
} from '../../src/registry';
import { abiOf } from '../../src/skills/abi';
import { harmless } from '../run-view';
import { detectAbi } from './abi';
import { readFileUpTo, UsageError } from './files';
import type { Tool } from './tool';

type Facts = Record<string, unknown>;

/** `sovereign skill inspect FILE`: a module, a manifest or an index. Runs nothing. */
export const inspectSkill: Tool = async ({ positionals: [path], values }, { out }) => {
  if (path === undefined) throw new UsageError('Say which file to look into.');
  const bytes = await readFileUpTo(path, LIMITS.skillBytes);
  const facts = bytes[0] === 0x7b ? await document(bytes) : module(bytes);
  out(values.json ? `${JSON.stringify(facts, null, 2)}\n` : `${lines(facts).join('\n')}\n`);
  return 0;
};

function module(bytes: Uint8Array): Facts {
  const found = detectAbi(bytes);
  if (found instanceof SovereignError) throw found;
  const { abi, info } = found;
  const { served } = abiOf(abi);
  const grants = info.imports.flatMap(({ name }) => served.get(name)?.grant ?? []);
  const needs = [...new Set(grants)].sort();
  return {
    kind: 'module',
    sha256: sha256Hex(bytes),
    bytes: bytes.length,
    abi,
    imports: info.imports.map(({ name, kind, signature }) => `${name} ${signature ?? kind}`),
    exports: info.exports.map((e) => `${e.name} ${e.kind === 'function' ? info.functions[e.index] : e.kind}`),
    // Which hosts is for its manifest to say.
    capabilities: needs.map((grant) => ({
      grant,
      words: grant === 'http.fetch' ? 'fetch from hosts that it is granted' : inWords(grant),
    })),
  };
}

/** @throws RegistryError when it is neither, or its signature does not hold */
async function document(bytes: Uint8Array): Promise<Facts> {
  const text = fromUtf8(bytes);
  if (text.includes('"publisher"')) {
    const { title, publisher, number, skills, revoked } = await parseIndex(bytes);
    return { kind: 'index', title, publisher, number, skills, revoked, signature: 'holds' };
  }
  if (!text.includes('"signature"')) return aboutManifest(readManifest(JSON.parse(text)), { signature: 'none' });
  const manifest = parseManifest(bytes);
  await checkManifest(manifest);
  return aboutManifest(manifest, {
    manifest_sha256: manifestAddress(manifest),
    author: manifest.author,
    signature: 'holds',
  });
}

function aboutManifest(manifest: SkillManifest, more: Facts): Facts {
  const { name, version, title, description, abi, sha256, bytes, limits, licence } = manifest;
  const capabilities = manifest.capabilities.map((c) => ({ ...c, words: inWords(c.grant) }));
  return {
    kind: 'manifest',
    name,
    version,
    title,
    description,
    abi,
    sha256,
    bytes,
    capabilities,
    limits,
    licence,
    ...more,
  };
}

function lines(facts: Facts): string[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    const head = name.padEnd(16);
    if (!Array.isArray(value)) return [head + harmless(typeof value === 'string' ? value : JSON.stringify(value))];
    if (value.length === 0) return [`${head}none`];
    return value.map((item, i) => (i === 0 ? head : ' '.repeat(16)) + harmless(itemLine(item)));
  });
}

function itemLine(item: unknown): string {
  if (typeof item === 'string') return item;
  const { words, why, ...rest } = item as { words?: string; why?: string };
  if (words === undefined) return Object.values(rest).join('  ');
  return why === undefined ? words : `${words}: ${why}`;
}
