/** Instructions of two numbers: 0xfc (conversions that saturate, bulk memory and tables) and 0xfd (SIMD). */
import * as EVENT from './events';
import type { Body } from './body';
import { PREFIXED, SIMD } from './opcodes';
import { NUMERIC, UNKNOWN } from './operands';
import { checkIndex, unsupported } from './refuse';
import { apply } from './shape';
import { zero } from './values';
import { WEIGHTS } from './weights';

export function prefixedFc(body: Body, at: number): void {
  const { reader } = body;
  const number = reader.u32();
  if (number > 17) throw unsupported('opcode', at);
  if (body.live) body.cost += WEIGHTS.fc[number]!;
  const shape = PREFIXED[number];
  if (shape) return apply(body, shape);
  if (number === 15) return tableGrow(body, at);
  const ofMemory = number < 12;
  if (number !== 11) {
    // memory.init and the operations of tables have an index, memory.copy a memory’s.
    if (number === 10) zero(reader);
    else reader.u32();
  }
  if (ofMemory) zero(reader);
  else if (number !== 17) reader.u32();
  bulk(body, at, ofMemory ? WEIGHTS.bytesPerGas : WEIGHTS.entriesPerGas);
}

function tableGrow(body: Body, at: number): void {
  const index = body.reader.u32();
  checkIndex('table', index, body.module.tables.length, at);
  if (body.live) body.event(EVENT.tableGrow, at, index);
  body.move(2, 1);
}

/** The topmost operand is how much; it is charged before the instruction. */
function bulk(body: Body, at: number, perGas: number): void {
  if (!body.live) return;
  body.plan.hasBulk = true;
  body.before(EVENT.bulk, at, perGas);
  body.operands.see(3);
}

export function prefixedFd(body: Body, at: number): void {
  const { reader } = body;
  const number = reader.u32();
  if (number > 0xff && number < 0x200) throw unsupported('relaxed-simd', at);
  const shape = SIMD[number];
  if (!shape && number !== 0x0c) throw unsupported('opcode', at);
  if (body.live) {
    body.simd = true;
    body.cost += WEIGHTS.fd[number]!;
  }
  if (shape) return apply(body, shape);
  // v128.const
  reader.skip(16);
  if (body.live) body.operands.push(isZero(reader.bytes, reader.at) ? NUMERIC : UNKNOWN);
}

function isZero(bytes: Uint8Array, end: number): boolean {
  for (let i = end - 16; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}
