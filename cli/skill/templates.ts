import type { Language } from './project';

const GAS = 100_000_000;

/** The files of a new project, by path. Its skill writes ASCII letters in capitals: something to replace. */
export function templates(name: string, language: Language): Record<string, string> {
  const source = language === 'as' ? 'assembly/index.ts' : 'skill.c';
  return {
    'skill.json': json(about(name, language, source)),
    [source]: language === 'as' ? ASSEMBLYSCRIPT : C,
    'test/skill.test.mjs': TEST,
    'package.json': json({
      name,
      private: true,
      type: 'module',
      scripts: { build: 'sovereign skill build', test: 'node --test test/skill.test.mjs' },
      ...(language === 'as' ? { devDependencies: { assemblyscript: '0.28.20' } } : {}),
    }),
    ...(language === 'as'
      ? { 'assembly/tsconfig.json': json({ extends: 'assemblyscript/std/assembly.json', include: ['./**/*.ts'] }) }
      : {}),
    '.gitignore': 'node_modules/\nbuild/\n*.pem\n',
    'README.md': readme(name, source),
  };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const about = (name: string, language: Language, source: string) => ({
  name,
  version: '0.1.0',
  title: name,
  description: 'Writes ASCII letters in capitals.',
  language,
  source,
  abi: 'raw',
  capabilities: [],
  limits: { memoryPages: 256, wallMs: 30000, outputBytes: 1048576, gas: GAS, hostCalls: 1000, hostBytes: 1048576 },
  licence: 'MIT',
  input: 'Text.',
  output: 'The same text in capitals.',
});

const ASSEMBLYSCRIPT = `// The raw ABI: the host writes the input where alloc says and calls run. An instance runs once, so nothing is freed.

export function alloc(length: i32): i32 {
  return heap.alloc(length) as i32;
}

/** Answers (pointer << 32) | length of the output. */
export function run(pointer: i32, length: i32): i64 {
  for (let at = pointer; at < pointer + length; at++) {
    const byte = load<u8>(at);
    if (byte >= 97 && byte <= 122) store<u8>(at, byte - 32);
  }
  return ((pointer as u64) << 32) | (length as u64);
}
`;

const C = `// The raw ABI: the host writes the input where alloc says and calls run. An instance runs once, so nothing is freed.
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define PAGE 65536u

extern unsigned char __heap_base;

EXPORT("alloc") uint32_t alloc(uint32_t length) {
  uint32_t start = (uint32_t)(uintptr_t)&__heap_base;
  uint32_t have = __builtin_wasm_memory_size(0) * PAGE;
  if (length > have - start) {
    uint32_t pages = (length - (have - start) + PAGE - 1) / PAGE;
    if (__builtin_wasm_memory_grow(0, pages) == (uintptr_t)-1) __builtin_trap();
  }
  return start;
}

// Answers (pointer << 32) | length of the output.
EXPORT("run") uint64_t run(uint32_t pointer, uint32_t length) {
  unsigned char *text = (unsigned char *)(uintptr_t)pointer;
  for (uint32_t i = 0; i < length; i++)
    if (text[i] >= 'a' && text[i] <= 'z') text[i] -= 32;
  return (uint64_t)pointer << 32 | length;
}
`;

const TEST = `import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

/** Runs the built skill as its host does, without the limits. */
async function run(input) {
  const module = await readFile(new URL('../build/skill.wasm', import.meta.url));
  const { instance } = await WebAssembly.instantiate(module, {});
  const { memory, alloc, run, _initialize } = instance.exports;
  _initialize?.();
  const bytes = new TextEncoder().encode(input);
  const pointer = alloc(bytes.length) >>> 0;
  new Uint8Array(memory.buffer, pointer, bytes.length).set(bytes);
  const answer = BigInt.asUintN(64, run(pointer, bytes.length));
  const [start, length] = [Number(answer >> 32n), Number(answer & 0xffff_ffffn)];
  return new TextDecoder().decode(new Uint8Array(memory.buffer, start, length));
}

test('letters come back in capitals, and everything else as it was', async () => {
  assert.equal(await run('Hello, wörld 1!'), 'HELLO, WöRLD 1!');
});

test('nothing comes back of nothing', async () => {
  assert.equal(await run(''), '');
});
`;

const readme = (name: string, source: string): string => `# ${name}

A skill for Sovereign Node. Its source is \`${source}\`; \`skill.json\` says what it is, what it may do and how much it
needs.

    sovereign skill build                          build/skill.wasm and build/manifest.json
    npm test
    sovereign skill run build/skill.wasm --input FILE
    sovereign skill sign --key author.pem          makes the key where there is none: keep it, and keep it secret
    sovereign skill publish DIRECTORY --key author.pem
`;
