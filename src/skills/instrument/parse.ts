/**
 * Reads a module's declarations by hand before any engine sees the bytes. Guarantee: for any input it returns or throws
 * SkillError, in time and memory linear in the input. Function bodies are `instructions.ts`'s.
 */
import { LIMITS } from '../../protocol/limits';
import { SkillError } from '../types';
import * as SECTION from './section-ids';
import { type ModuleInfo, type ParsedModule } from './module';
import { ModuleReader } from './reader';
import { invalid, overCap, unsupported } from './refuse';
import { readSection } from './sections';

/**
 * @throws SkillError `not_wasm` (no WebAssembly magic, or another version), `invalid_module` or `unsupported_feature`;
 *   `details.rule` says why and `details.offset` is the byte that is wrong.
 */
export const inspectModule = (bytes: Uint8Array): ModuleInfo => parseModule(bytes).info;

/** As `inspectModule`, with what the rewriter needs. */
export function parseModule(bytes: Uint8Array): ParsedModule {
  const { length } = bytes;
  if (length > LIMITS.skillBytes) throw overCap('module-size', length, LIMITS.skillBytes, LIMITS.skillBytes);
  checkMagic(bytes);
  const module = emptyModule(length);
  const reader = new ModuleReader(bytes, 8);
  let rank = 0;
  while (!reader.done) {
    const header = reader.at;
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    const place = rankOf(id, header);
    if (id !== 0 && place <= rank) throw invalid('section-order', header);
    rank = Math.max(rank, place);
    module.info.sections.push({ id, header, start, end: reader.at });
    readSection(id, new ModuleReader(bytes, start, reader.at), module);
  }
  return module;
}

function rankOf(id: number, offset: number): number {
  const rank = SECTION.ORDER.indexOf(id);
  if (rank >= 0) return rank;
  if (id === SECTION.tags) throw unsupported('exceptions', offset);
  throw invalid('section-id', offset);
}

function checkMagic(bytes: Uint8Array): void {
  const expected = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const offset = expected.findIndex((byte, i) => bytes[i] !== byte);
  if (offset === -1) return;
  throw new SkillError('not_wasm', `This is not a WebAssembly module (at byte ${offset}).`, {
    advice: 'Pick the .wasm file that a compiler wrote.',
    details: { rule: offset < 4 ? 'magic' : 'version', offset },
  });
}

const emptyModule = (bytes: number): ParsedModule => ({
  info: {
    bytes,
    imports: [],
    exports: [],
    memories: [],
    tables: [],
    functions: [],
    sections: [],
  },
  types: [],
  functions: [],
  importedFunctions: 0,
  globals: [],
  importedGlobals: 0,
  tables: [],
  memory: undefined,
  start: undefined,
  exposed: new Set(),
  tailCalls: false,
});
