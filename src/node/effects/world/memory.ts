import * as v from 'valibot';
import { base64, fromBase64, sha256Hex, sha256Text } from '../../../crypto';
import { LIMITS } from '../../../protocol/limits';
import type { RecordStore } from '../../../storage';
import { WorldError } from './errors';

const Stored = v.strictObject({ value_b64: v.string() });

/** What one skill keeps in the node from run to run: bytes by key. No skill reaches another's. */
export class SkillMemory {
  readonly #records: RecordStore;
  readonly #prefix: string;

  /** @param skill its name; what an owner installs under it goes on with what is there */
  constructor(records: RecordStore, skill: string) {
    this.#records = records;
    this.#prefix = `skill-memory/${sha256Text(skill)}/`;
  }

  /** @param key any bytes. @throws WorldError where there is nothing */
  async read(key: Uint8Array): Promise<Uint8Array> {
    const stored = v.safeParse(Stored, await this.#records.get(this.#place(key)));
    const value = stored.success ? fromBase64(stored.output.value_b64) : undefined;
    if (value) return value;
    throw new WorldError('there is nothing under that key');
  }

  /**
   * @param request the key's length as 32 bits, little-endian, the key, the value; no value deletes it
   * @throws WorldError past the bounds
   */
  async write(request: Uint8Array): Promise<Uint8Array> {
    const { key, value } = split(request);
    const place = this.#place(key);
    if (value.length === 0) await this.#records.commit(new Map([[place, undefined]]));
    else {
      if (value.length > LIMITS.skillMemoryValueBytes)
        throw new WorldError(`a value has at most ${LIMITS.skillMemoryValueBytes} bytes`);
      const places = await this.#records.keys(this.#prefix);
      if (places.length >= LIMITS.skillMemoryKeys && !places.includes(place))
        throw new WorldError(`at most ${LIMITS.skillMemoryKeys} keys are kept`);
      await this.#records.commit(new Map([[place, { value_b64: base64(value) }]]));
    }
    return new Uint8Array();
  }

  #place(key: Uint8Array): string {
    if (key.length > LIMITS.skillMemoryKeyBytes)
      throw new WorldError(`a key has at most ${LIMITS.skillMemoryKeyBytes} bytes`);
    return this.#prefix + sha256Hex(key);
  }
}

function split(request: Uint8Array): { key: Uint8Array; value: Uint8Array } {
  const view = new DataView(request.buffer, request.byteOffset, request.byteLength);
  const length = request.length >= 4 ? view.getUint32(0, true) : Infinity;
  if (length > request.length - 4) throw new WorldError('this is no key and value');
  return { key: request.subarray(4, 4 + length), value: request.subarray(4 + length) };
}
