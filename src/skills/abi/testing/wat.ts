import wabt from 'wabt';
import type { SkillRequest } from '../../types';
import { requestFor } from '../../testkit';

const tools = await wabt();

/** A module from its text. */
export function wat(
  text: string,
  features: { threads?: boolean; reference_types?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const parsed = tools.parseWat('test.wat', text, features);
  try {
    return Uint8Array.from(parsed.toBinary({}).buffer);
  } finally {
    parsed.destroy();
  }
}

export const watRequest = (text: string, over: Partial<SkillRequest> = {}): SkillRequest => requestFor(wat(text), over);

/**
 * A skill of the raw ABI.
 * @param body of `run`, which has `$p` and `$n` and answers an i64
 * @param imports capabilities, as `name` of the module `sovereign`
 */
export function rawWat(body: string, imports: readonly string[] = [], extra = ''): string {
  const lines = imports.map((name) => `(import "sovereign" "${name}" (func $${name} (param i32 i32) (result i32)))`);
  return `(module ${lines.join('\n')}
    (memory (export "memory") 4)
    ${extra}
    (func (export "alloc") (param i32) (result i32) (i32.const 65536))
    (func $pack (param $at i32) (param $length i32) (result i64)
      (i64.or (i64.shl (i64.extend_i32_u (local.get $at)) (i64.const 32)) (i64.extend_i32_u (local.get $length))))
    (func $run (export "run") (param $p i32) (param $n i32) (result i64) ${body}))`;
}
