/**
 * Reads one instruction at a time: which opcodes there are (all others are refused), how the operand stack moves, where
 * the blocks begin that gas is charged for, and where NaNs can be seen. It checks what metering needs; that the types fit
 * is the engine's to check. Opcodes are written as numbers, as in the specification's index of instructions.
 */
import { LIMITS } from '../../protocol/limits';
import * as EVENT from './events';
import type { Body } from './body';
import { HAS_ELSE, type Construct } from './control';
import { V128 } from './module';
import { PLAIN } from './opcodes';
import { NUMERIC, UNKNOWN } from './operands';
import { prefixedFc, prefixedFd } from './prefixed';
import { checkIndex, malformed, overCap, unsupported } from './refuse';
import { apply } from './shape';
import { referenceType, skipConstant, valueType, zero } from './values';
import { WEIGHTS } from './weights';

export function step(body: Body): void {
  const { reader } = body;
  const at = reader.at;
  const opcode = reader.u8();
  if (body.live) body.cost += WEIGHTS.opcodes[opcode]!;
  const shape = PLAIN[opcode];
  if (shape) apply(body, shape);
  else if (opcode >= 0x20 && opcode <= 0x22) local(body, opcode, at);
  else if ((opcode >= 0x02 && opcode <= 0x05) || opcode === 0x0b) construct(body, opcode, at);
  else if (opcode === 0x00 || (opcode >= 0x0c && opcode <= 0x0f)) branch(body, opcode, at);
  else if (opcode >= 0x10 && opcode <= 0x13) call(body, opcode, at);
  else if (opcode === 0xfc) prefixedFc(body, at);
  else if (opcode === 0xfd) prefixedFd(body, at);
  else other(body, opcode, at);
}

/** local.get, local.set, local.tee */
function local(body: Body, opcode: number, at: number): void {
  const { operands, plan } = body;
  const index = body.reader.u32();
  checkIndex('local', index, plan.locals, at);
  if (!body.live) return;
  if (opcode === 0x20) {
    const place = plan.nan.read(index, body.localTypes[index]!);
    if (place > 0) body.event(EVENT.nan, body.reader.at, place);
    operands.push(place);
    return;
  }
  const slot = operands.pop();
  plan.nan.keep(slot > 0 ? slot : 0, index, slot === NUMERIC);
  if (opcode === 0x22) operands.push(slot);
}

/** @returns how many parameters and results a block has */
function blockType(body: Body): [number, number] {
  const { reader, module } = body;
  const at = reader.at;
  const index = reader.s33();
  if (index >= 0) {
    checkIndex('type', index, module.types.length, at);
    const { params, results } = module.types[index]!;
    return [params.length, results.length];
  }
  if (index === -64) return [0, 0];
  reader.at = at;
  valueType(reader);
  return [0, 1];
}

/** block, loop, if, else, end */
function construct(body: Body, opcode: number, at: number): void {
  if (opcode === 0x05) return otherwise(body, at);
  if (opcode === 0x0b) return end(body, at);
  const { operands, control } = body;
  const [params, results] = blockType(body);
  if (body.live) {
    if (opcode === 0x04) operands.see(1);
    operands.see(params);
  }
  control.enter(opcode, operands.height, params, results, body.live, at);
  operands.floor = operands.height;
  if (!body.live) return;
  operands.pushUnknown(params, at);
  if (opcode === 0x02) return;
  const isLoop = opcode === 0x03;
  body.before(isLoop ? EVENT.join : EVENT.fork, at, control.top.id);
  body.openBlock(isLoop ? EVENT.loop : EVENT.charge);
}

function otherwise(body: Body, at: number): void {
  const { operands, control } = body;
  const construct = control.top;
  if (construct.opcode !== 0x04) throw malformed(at);
  if (body.live) {
    operands.seeTop(construct.results);
    body.before(EVENT.join, at, construct.id);
  }
  operands.cut(construct.height);
  construct.opcode = 0x05;
  body.live = construct.outerLive;
  if (!body.live) return;
  body.plan.constructs.at[construct.id]! |= HAS_ELSE;
  body.before(EVENT.again, at, construct.id);
  operands.pushUnknown(construct.params, at);
  body.openBlock(EVENT.charge);
}

function end(body: Body, at: number): void {
  const { operands, control } = body;
  const wasLive = body.live;
  const construct = control.leave();
  const { opcode, id } = construct;
  const isFunction = control.depth === 0;
  const joins = opcode === 0x04 || opcode === 0x05 || construct.targeted;
  if (wasLive) {
    operands.seeTop(construct.results);
    if (joins || isFunction) body.before(EVENT.join, at, id);
  }
  operands.cut(construct.height);
  if (isFunction) return;
  operands.floor = control.top.height;
  body.live = construct.outerLive;
  if (!body.live) return;
  operands.pushUnknown(construct.results, at);
  if (!joins && wasLive) return;
  body.before(EVENT.met, at, id);
  body.openBlock(EVENT.charge);
}

/** unreachable, br, br_if, br_table, return */
function branch(body: Body, opcode: number, at: number): void {
  const { operands, control, reader } = body;
  if (opcode === 0x00) return body.live ? body.die() : undefined;
  if (opcode === 0x0f) {
    if (!body.live) return;
    operands.seeTop(body.type.results.length);
    body.before(EVENT.join, at, 0);
    body.event(EVENT.leave, at, control.depth - 1);
    return body.die();
  }
  const to = opcode === 0x0e ? labels(body) : label(body, reader.u32(), at);
  if (!body.live) return;
  if (opcode !== 0x0c) operands.see(1);
  operands.seeTop(to.opcode === 0x03 ? to.params : to.results);
  body.before(opcode === 0x0e ? EVENT.table : EVENT.join, at, to.id);
  if (opcode === 0x0d) body.openBlock(EVENT.charge);
  else body.die();
}

function label(body: Body, depth: number, at: number): Construct {
  const construct = body.control.label(depth, at);
  if (body.live && construct.opcode !== 0x03) construct.targeted = true;
  return construct;
}

/** @returns the outermost */
function labels(body: Body): Construct {
  const { reader } = body;
  const at = reader.at;
  const count = reader.u32();
  if (count > LIMITS.skillBrTable) throw overCap('br-table', count, LIMITS.skillBrTable, at);
  let most = 0;
  for (let i = 0; i <= count; i++) {
    const depth = reader.u32();
    label(body, depth, at);
    most = Math.max(most, depth);
  }
  return label(body, most, at);
}

/** call, call_indirect, return_call, return_call_indirect */
function call(body: Body, opcode: number, at: number): void {
  const { operands, module, reader } = body;
  const indirect = (opcode & 1) === 1;
  const index = reader.u32();
  const types = indirect ? module.types : module.functions;
  checkIndex(indirect ? 'type' : 'function', index, types.length, at);
  const type = types[index]!;
  if (indirect) reader.u32();
  if (!body.live) return;
  body.hasCall = true;
  body.control.calls();
  body.simd ||= type.simd;
  body.callee = Math.max(body.callee, type.params.length + type.results.length);
  operands.see(type.params.length + (indirect ? 1 : 0));
  if (opcode >= 0x12) {
    module.tailCalls = true;
    body.event(EVENT.tailCall, at, 0);
    return body.die();
  }
  body.event(EVENT.call, at, 0);
  operands.pushUnknown(type.results.length, at);
}

function other(body: Body, opcode: number, at: number): void {
  const { operands, reader, live } = body;
  switch (opcode) {
    case 0x1a: // drop
      if (live) operands.pop();
      return;
    case 0x1c: // select with types
      if (reader.count() !== 1) throw malformed(at);
      valueType(reader);
      return body.move(3, 1);
    case 0x23: // global.get
    case 0x24: // global.set
      return global(body, opcode, at);
    case 0x3f: // memory.size
      zero(reader);
      return body.move(0, 1);
    case 0x40: // memory.grow
      zero(reader);
      if (live) body.event(EVENT.grow, at, 0);
      return body.move(1, 1);
    case 0xd0: // ref.null
      referenceType(reader);
      return body.move(0, 1);
    default:
      return constant(body, opcode, at);
  }
}

/** i32.const to f64.const; there is nothing else left. */
function constant(body: Body, opcode: number, at: number): void {
  const { reader } = body;
  if (!skipConstant(reader, opcode)) throw refused(opcode, at);
  if (!body.live) return;
  body.operands.push(opcode >= 0x43 && isNumber(reader.bytes, reader.at) ? NUMERIC : UNKNOWN);
}

/** Whether the float whose last byte is before `end` is no NaN: of either size, only those have an exponent of ones. */
const isNumber = (bytes: Uint8Array, end: number): boolean =>
  (bytes[end - 1]! & 0x7f) !== 0x7f || bytes[end - 2]! < 0x80;

function global(body: Body, opcode: number, at: number): void {
  const index = body.reader.u32();
  const { globals } = body.module;
  checkIndex('global', index, globals.length, at);
  if (!body.live) return;
  body.simd ||= globals[index] === V128;
  if (opcode === 0x23) body.move(0, 1);
  else body.move(1, 0);
}

function refused(opcode: number, at: number) {
  if ([0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f].includes(opcode)) return unsupported('exceptions', at);
  if ([0x14, 0x15, 0xd3, 0xd4, 0xd5, 0xd6, 0xfb].includes(opcode)) return unsupported('gc', at);
  return unsupported(opcode === 0xfe ? 'threads' : 'opcode', at, `opcode ${opcode}`);
}
