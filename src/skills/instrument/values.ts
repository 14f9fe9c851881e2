/** Value types, limits and constant expressions, as the declaring sections hold them. */
import { LIMITS } from '../../protocol/limits';
import { EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, type FunctionType, type SizeLimits } from './module';
import type { ModuleReader } from './reader';
import { invalid, overCap, unsupported } from './refuse';

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
  const type = reader.u8('a value type');
  if (VALUE_TYPES[type] !== undefined) return type;
  if (type === 0x69 || type === 0x74) throw unsupported('exceptions', 'exception references', offset);
  if (type >= 0x63 && type <= 0x73) throw unsupported('gc', 'typed or garbage-collected references', offset);
  throw invalid('a value has a type that does not exist', offset);
}

export function referenceType(reader: ModuleReader): number {
  const offset = reader.at;
  const type = valueType(reader);
  if (type !== FUNCREF && type !== EXTERNREF) throw invalid('a table holds no references', offset);
  return type;
}

export function functionType(reader: ModuleReader): FunctionType {
  const offset = reader.at;
  const form = reader.u8('a type');
  if (form >= 0x4d && form <= 0x5f) throw unsupported('gc', 'a type that is no plain function type', offset);
  if (form !== 0x60) throw invalid('a type is no function type', offset);
  const params = valueTypes(reader, 'params', 'parameters');
  const results = valueTypes(reader, 'results', 'results');
  const text = `(${params.map(nameOf).join(',')})->${results.length === 1 ? nameOf(results[0]!) : `(${results.map(nameOf).join(',')})`}`;
  return { params, results, text, simd: params.includes(V128) || results.includes(V128) };
}

const nameOf = (type: number): string => VALUE_TYPES[type]!;

function valueTypes(reader: ModuleReader, rule: 'params' | 'results', what: string): number[] {
  const offset = reader.at;
  const count = reader.count(what);
  if (count > LIMITS.skillParams) throw overCap(rule, count, LIMITS.skillParams, `${what} in one type`, offset);
  return Array.from({ length: count }, () => valueType(reader));
}

/** Flags beyond “has a maximum” mean shared, 64-bit or other page sizes. */
export function sizeLimits(reader: ModuleReader, what: string): SizeLimits {
  const start = reader.at;
  const flags = reader.u8(`a ${what}’s limits`);
  if (flags > 15) throw invalid(`a ${what}’s limits are of no known kind`, start);
  if (flags & 8) throw unsupported('custom-page-sizes', 'pages of another size than 64 KiB', start);
  if (flags & 4) throw unsupported('memory64', `a 64-bit ${what}`, start);
  if (flags & 2) throw unsupported('shared-memory', `a shared ${what}`, start);
  const min = reader.u32(`a ${what}’s size`);
  const max = flags === 1 ? reader.u32(`a ${what}’s maximum`) : undefined;
  if (max !== undefined && max < min) throw invalid(`a ${what}’s maximum is below its size`, start);
  return { min, max, start, end: reader.at };
}

/** Skips a constant expression: constants, extended integer arithmetic, globals and references. */
export function constantExpression(reader: ModuleReader): void {
  for (;;) {
    const offset = reader.at;
    const opcode = reader.u8('a constant expression');
    switch (opcode) {
      case 0x0b: // end
        return;
      case 0x23: // global.get
      case 0xd2: // ref.func
        reader.u32('an index');
        break;
      case 0x41: // i32.const
        reader.skipSigned(32);
        break;
      case 0x42: // i64.const
        reader.skipSigned(64);
        break;
      case 0x43: // f32.const
        reader.skip(4, 'a constant');
        break;
      case 0x44: // f64.const
        reader.skip(8, 'a constant');
        break;
      case 0x6a: // i32.add, sub, mul
      case 0x6b:
      case 0x6c:
      case 0x7c: // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        break;
      case 0xd0: // ref.null
        referenceType(reader);
        break;
      case 0xfb:
        throw unsupported('gc', 'a garbage-collected constant', offset);
      case 0xfd: // v128.const
        if (reader.u32('an opcode') !== 12) throw invalid('an expression is not constant', offset);
        reader.skip(16, 'a constant');
        break;
      default:
        throw invalid('an expression is not constant', offset);
    }
  }
}
