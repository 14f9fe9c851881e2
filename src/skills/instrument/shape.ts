/** What instructions with and without a prefix have in common. */
import type { Body } from './body';
import { BYTES, INDEX, LANE, MEMORY, MEMORY_LANE, type Shape } from './opcodes';
import { unsupported } from './refuse';

/** An instruction that does nothing but what its shape says. */
export function apply(body: Body, { immediate, pops, pushes, leaves, blind }: Shape): void {
  const { reader } = body;
  if (immediate === INDEX) reader.u32();
  if (immediate === BYTES) reader.skip(16);
  if (immediate === MEMORY || immediate === MEMORY_LANE) memoryArgument(body);
  if (immediate === LANE || immediate === MEMORY_LANE) reader.skip(1);
  if (!body.live) return;
  body.operands.take(pops, blind);
  if (pushes > 0) body.pushResult(leaves);
}

function memoryArgument(body: Body): void {
  const { reader } = body;
  const at = reader.at;
  const alignment = reader.u32();
  if (alignment & 0x40) throw unsupported('multi-memory', at);
  reader.u32();
}
