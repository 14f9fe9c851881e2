/** Value types, limits and constant expressions, as the declaring sections hold them. */
import { LIMITS } from '../../protocol/limits';
import {
  EXTERNREF,
  F32,
  F64,
  FUNCREF,
  I32,
  I64,
  V128,
  type FunctionType,
  type ParsedModule,
  type SizeLimits,
} from './module';
import type { ModuleReader } from './reader';
import { malformed, overCap, unsupported } from './refuse';

const VALUE_TYPES: Readonly<Record<number, string>> = {
  [I32]: 'i32',
  [I64]: 'i64',
  [F32]: 'f32',
  [F64]: 'f64',
  [V128]: 'v128',
  [FUNCREF]: 'funcref',
  [EXTERNREF]: 'externref',
};

export function valueType(reader: ModuleReader): number {
  const offset = reader.at;
  const type = reader.u8();
  if (VALUE_TYPES[type] !== undefined) return type;
  if (type === 0x69 || type === 0x74) throw unsupported('exceptions', offset);
  if (type >= 0x63 && type <= 0x73) throw unsupported('gc', offset);
  throw malformed(offset);
}

export function referenceType(reader: ModuleReader): number {
  const offset = reader.at;
  const type = valueType(reader);
  if (type !== FUNCREF && type !== EXTERNREF) throw malformed(offset);
  return type;
}

export function functionType(reader: ModuleReader): FunctionType {
  const offset = reader.at;
  const form = reader.u8();
  if (form >= 0x4d && form <= 0x5f) throw unsupported('gc', offset);
  if (form !== 0x60) throw malformed(offset);
  const params = valueTypes(reader, 'params');
  const results = valueTypes(reader, 'results');
  const text = `(${params.map(nameOf).join(',')})->${results.length === 1 ? nameOf(results[0]!) : `(${results.map(nameOf).join(',')})`}`;
  return { params, results, text, simd: params.includes(V128) || results.includes(V128) };
}

const nameOf = (type: number): string => VALUE_TYPES[type]!;

function valueTypes(reader: ModuleReader, rule: 'params' | 'results'): number[] {
  const offset = reader.at;
  const count = reader.count();
  if (count > LIMITS.skillParams) throw overCap(rule, count, LIMITS.skillParams, offset);
  return Array.from({ length: count }, () => valueType(reader));
}

/** Flags beyond “has a maximum” mean shared, 64-bit or other page sizes. */
export function sizeLimits(reader: ModuleReader): SizeLimits {
  const start = reader.at;
  const flags = reader.u8();
  if (flags > 15) throw malformed(start);
  if (flags & 8) throw unsupported('custom-page-sizes', start);
  if (flags & 4) throw unsupported('memory64', start);
  if (flags & 2) throw unsupported('shared-memory', start);
  const min = reader.u32();
  const max = flags === 1 ? reader.u32() : undefined;
  if (max !== undefined && max < min) throw malformed(start);
  return { min, max, start, end: reader.at };
}

/** Skips the immediate of i32.const (0x41), i64.const, f32.const, f64.const; of other opcodes there is none. */
export function skipConstant(reader: ModuleReader, opcode: number): boolean {
  if (opcode === 0x41) reader.skipSigned(32);
  else if (opcode === 0x42) reader.skipSigned(64);
  else if (opcode === 0x43) reader.skip(4);
  else if (opcode === 0x44) reader.skip(8);
  else return false;
  return true;
}

/** The index of the only memory. */
export function zero(reader: ModuleReader): void {
  const at = reader.at;
  if (reader.u32() !== 0) throw unsupported('multi-memory', at);
}

/** add, sub, mul of i32 and i64: extended constant expressions. */
const ARITHMETIC = [0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e];

/**
 * Skips a constant expression: constants, extended integer arithmetic, imported globals and references. A function that it
 * refers to becomes exposed.
 */
export function constantExpression(reader: ModuleReader, { exposed, importedGlobals }: ParsedModule): void {
  for (;;) {
    const offset = reader.at;
    const opcode = reader.u8();
    if (opcode === 0x0b) return;
    if (skipConstant(reader, opcode) || ARITHMETIC.includes(opcode)) continue;
    // global.get: engines with GC let it name the module's own, others do not.
    if (opcode === 0x23) {
      if (reader.u32() >= importedGlobals) throw unsupported('opcode', offset);
    } else if (opcode === 0xd2)
      exposed.add(reader.u32()); // ref.func
    else if (opcode === 0xd0) referenceType(reader);
    else if (opcode === 0xfb) throw unsupported('gc', offset);
    // v128.const
    else if (opcode === 0xfd && reader.u32() === 0x0c) reader.skip(16);
    else throw malformed(offset);
  }
}
