import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { describe, expect, test } from 'vitest';
import * as governance from './index';
import { openTestNode, readDataset } from './testkit';

const SRC = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const OFF = /disable|bypass|override|unsafe|insecure|skip|ungoverned|dry.?run|enforc|permissive|off\b/i;

/** Product sources of a folder, by path below src/. Tests and their kits are not shipped. */
function sources(folder: string): Map<string, string> {
  const files = readdirSync(join(SRC, folder), { recursive: true, encoding: 'utf8' });
  const own = files.filter((f) => f.endsWith('.ts') && !/\.test\.ts$|testkit|testing/.test(f));
  return new Map(own.map((f) => [`${folder}/${f}`, readFileSync(join(SRC, folder, f), 'utf8')]));
}

const code = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

/** The modules of src/ that a file imports or re-exports at run time, as paths below src/. */
function imports(path: string, text: string): string[] {
  const found = [
    ...code(text).matchAll(/(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/g),
  ];
  return found.map((m) => relative(SRC, resolve(SRC, dirname(path), (m[1] ?? m[2])!)));
}

describe('there is no switch that turns the kernel off', () => {
  test('no export has the name of one', () => {
    expect(Object.keys(governance).filter((name) => OFF.test(name))).toEqual([]);
  });

  test('no option, parameter or environment of this folder is a boolean or names one', () => {
    for (const [path, text] of sources('governance')) {
      expect([path, ...code(text).matchAll(/^\s*(?:readonly )?(\w+)\??: boolean;/gm)].slice(1)).toEqual(
        path === 'governance/approvals.ts' ? [expect.arrayContaining(['taken'])] : [],
      );
      expect(code(text)).not.toMatch(/process\.env|import\.meta\.env|globalThis\./);
    }
  });

  test('no property of it can be replaced', async () => {
    const { governance: kernel, gate } = await openTestNode({ cedar });
    for (const object of [kernel, gate] as object[]) {
      expect(Object.isFrozen(object)).toBe(true);
      expect(Object.keys(object).filter((name) => OFF.test(name))).toEqual([]);
    }
    expect(() => Object.assign(kernel, { enabled: false })).toThrow(TypeError);
    expect(() => Object.assign(kernel, { execute: () => 'free' })).toThrow(TypeError);
  });

  test('setting what the seed had as a switch changes nothing', async () => {
    const node = await openTestNode({ cedar });
    expect(Reflect.set(node.governance, 'governance_enabled', false)).toBe(false);
    const other = { ...readDataset(node.role), principal: { type: 'Agent', id: 'x' } as const };
    await expect(node.governance.execute(other)).rejects.toMatchObject({ code: 'role_invalid' });
    expect(node.effects).toEqual([]);
  });
});

describe('the import graph', () => {
  test('only the kernel calls an executor', () => {
    const callers = ['governance', 'node', 'pipeline', 'skills', 'audit', 'identity', 'storage', 'verify']
      .flatMap((folder) => [...sources(folder)])
      .filter(([, text]) => /\bexecutor\b[^;\n]*\.execute\(/.test(code(text)))
      .map(([path]) => path);
    expect(callers).toEqual(['governance/kernel.ts']);
  });

  test('only the boot hands the effects to the kernel, and nobody else imports them', () => {
    const importers = ['node', 'pipeline', 'governance', 'skills', 'audit', 'identity', 'storage', 'verify']
      .flatMap((folder) => [...sources(folder)])
      .filter(([path]) => !path.startsWith('node/effects/'))
      .filter(([path, text]) => imports(path, text).some((i) => i === 'node/effects' || i === 'node/effects/index'))
      .map(([path]) => path);
    expect(importers).toEqual(['node/boot/running.ts']);
  });

  test('every executor shows its order at the gate before anything else', () => {
    const executors = [...sources('node'), ...sources('pipeline'), ...sources('governance')].filter(([, text]) =>
      /audience: '\w+',\s+(?:async )?execute\(/.test(code(text)),
    );
    expect(executors.length).toBeGreaterThanOrEqual(7);
    for (const [path, text] of executors) expect([path, /\.check\(order/.test(code(text))]).toEqual([path, true]);
  });

  test('nobody outside reaches past the index', () => {
    const insides = ['node', 'pipeline', 'skills', 'audit', 'identity', 'storage', 'verify']
      .flatMap((folder) => [...sources(folder)])
      .flatMap(([path, text]) => imports(path, text).map((i) => [path, i] as const))
      .filter(([, i]) => i.startsWith('governance/') && !/^governance\/(index|types)$/.test(i));
    expect(insides).toEqual([]);
  });
});
