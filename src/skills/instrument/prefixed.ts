/** Instructions of two numbers: 0xfc (conversions that saturate, bulk memory and tables) and 0xfd (SIMD). */
import type { Body } from './body';
import { memoryArgument, zero } from './instructions';
import { NONE, SATURATING_BLIND, SIMD } from './opcodes';
import { NUMERIC, UNKNOWN } from './operands';
import { EVENT } from './plan';
import { invalid, unsupported } from './refuse';
import { WEIGHTS } from './weights';

export function prefixedFc(body: Body, at: number): void {
  const { reader, operands } = body;
  const number = reader.u32('an opcode');
  if (number > 17) throw unsupported('opcode', `the opcode 0xfc ${number}`, at);
  if (body.live) body.cost += WEIGHTS.fc[number]!;
  if (number < 8) {
    if (!body.live) return;
    operands.take(1, SATURATING_BLIND[number]!);
    return operands.push(UNKNOWN);
  }
  const perByte = WEIGHTS.bytesPerGas;
  switch (number) {
    case 8: // memory.init
      reader.u32('a data segment’s index');
      zero(body);
      return bulk(body, at, perByte);
    case 9: // data.drop
    case 13: // elem.drop
      reader.u32('a segment’s index');
      return;
    case 10: // memory.copy
      zero(body);
      zero(body);
      return bulk(body, at, perByte);
    case 11: // memory.fill
      zero(body);
      return bulk(body, at, perByte);
    case 12: // table.init
    case 14: // table.copy
      reader.u32('an index');
      reader.u32('an index');
      return bulk(body, at, 1);
    default:
      return table(body, number, at);
  }
}

function table(body: Body, number: number, at: number): void {
  const index = body.reader.u32('a table’s index');
  if (index >= body.module.tables.length) throw invalid(`there is no table ${index}`, at, 'index');
  if (number === 16) return body.move(0, 1); // table.size
  if (number === 17) return bulk(body, at, 1); // table.fill
  if (body.live) body.event(EVENT.tableGrow, at, index);
  body.move(2, 1);
}

/** The topmost operand is how much; it is charged before the instruction. */
function bulk(body: Body, at: number, perGas: number): void {
  if (!body.live) return;
  body.plan.hasBulk = true;
  body.plan.add(EVENT.bulk, at, at, perGas, body.control.depth);
  body.operands.see(3);
}

export function prefixedFd(body: Body, at: number): void {
  const { reader, operands } = body;
  const number = reader.u32('an opcode');
  if (number > 0xff && number < 0x200) throw unsupported('relaxed-simd', `the opcode 0xfd ${number}`, at);
  const pops = number > 0xff ? NONE : SIMD.pops[number]!;
  if (pops === NONE) throw unsupported('opcode', `the opcode 0xfd ${number}`, at);
  if (number <= 0x0b || number === 0x5c || number === 0x5d) memoryArgument(body);
  else if (number === 0x0c || number === 0x0d) reader.skip(16, 'a constant');
  else if (number >= 0x15 && number <= 0x22) reader.skip(1, 'a lane');
  else if (number >= 0x54 && number <= 0x5b) {
    memoryArgument(body);
    reader.skip(1, 'a lane');
  }
  if (!body.live) return;
  body.simd = true;
  body.cost += WEIGHTS.fd[number]!;
  const blind = SIMD.blind[number]!;
  operands.take(pops, blind);
  if (number === 0x0c && isZero(reader.bytes, reader.at)) operands.push(NUMERIC);
  else if (SIMD.pushes[number] === 1) body.pushResult(SIMD.leaves[number]!);
}

function isZero(bytes: Uint8Array, end: number): boolean {
  for (let i = end - 16; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}
