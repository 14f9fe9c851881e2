import { ByteWriter } from './bytes';
import { writeNumber } from './format-number';
import { JsonReader } from './json-reader';
import { Kind } from './json-scanner';
import { writeSlice } from './json-writer';
import { compareBytes, Slice } from './slice';

/** Deeper ones are refused: each level costs the reader a frame. */
const MAX_DEPTH = 128;

const NOWHERE = new Slice(0, 0);

export class JsonValue {
  /** Equal values have equal hashes. */
  hash: u32 = 0;
  number: f64 = 0;
  text: Slice = NOWHERE;
  /** Of an object, sorted as RFC 8785 has it; `items` are its values. */
  keys: Slice[] = [];
  items: JsonValue[] = [];

  constructor(public kind: Kind) {}

  equals(other: JsonValue): bool {
    if (this.kind != other.kind || this.hash != other.hash || this.items.length != other.items.length) return false;
    if (this.number != other.number || compareBytes(this.text, other.text) != 0) return false;
    for (let i = 0; i < this.items.length; i++) {
      if (this.kind == Kind.Object && compareBytes(this.keys[i], other.keys[i]) != 0) return false;
      if (!this.items[i].equals(other.items[i])) return false;
    }
    return true;
  }
}

/** Any JSON value; `reader.error` says what is wrong. Numbers are doubles, as in ECMAScript. */
export function readValue(reader: JsonReader, depth: i32 = 0): JsonValue {
  const value = new JsonValue(reader.kind());
  if (depth > MAX_DEPTH) reader.fail('lists and objects lie too deep');
  else if (value.kind == Kind.Object) readMembers(reader, value, depth + 1);
  else if (value.kind == Kind.Array) readItems(reader, value, depth + 1);
  else if (value.kind == Kind.Text) value.text = reader.slice();
  else if (value.kind == Kind.Number)
    value.number = reader.number() + 0; // −0 is 0.
  else if (value.kind == Kind.Null) reader.word('null');
  else reader.flag();
  value.hash = hashOf(value);
  return value;
}

function readItems(reader: JsonReader, value: JsonValue, depth: i32): void {
  reader.beginArray();
  while (reader.nextItem()) value.items.push(readValue(reader, depth));
}

function readMembers(reader: JsonReader, value: JsonValue, depth: i32): void {
  const keys: Slice[] = [];
  const items: JsonValue[] = [];
  reader.beginObject();
  for (let key = reader.nextName(); key !== null; key = reader.nextName()) {
    keys.push(key);
    items.push(readValue(reader, depth));
  }
  const order = new StaticArray<i32>(keys.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  sortKeys(order, keys, 0, order.length, new StaticArray<i32>(order.length));
  for (let i = 0; i < order.length; i++) {
    value.keys.push(keys[order[i]]);
    value.items.push(items[order[i]]);
    if (i > 0 && compareBytes(value.keys[i - 1], value.keys[i]) == 0) reader.fail('is there twice', value.keys[i]);
  }
}

/** Merge sort, so that no order of keys is slow. */
function sortKeys(order: StaticArray<i32>, keys: Slice[], from: i32, to: i32, spare: StaticArray<i32>): void {
  if (to - from < 2) return;
  const middle = (from + to) >> 1;
  sortKeys(order, keys, from, middle, spare);
  sortKeys(order, keys, middle, to, spare);
  for (let i = from; i < to; i++) spare[i] = order[i];
  let left = from;
  let right = middle;
  for (let i = from; i < to; i++) {
    const isLeft = right == to || (left < middle && compareUtf16(keys[spare[left]], keys[spare[right]]) <= 0);
    order[i] = isLeft ? spare[left++] : spare[right++];
  }
}

/** By UTF-16 units, as RFC 8785 sorts: what lies beyond the basic plane comes before U+E000. */
export function compareUtf16(a: Slice, b: Slice): i32 {
  const common = min(a.length, b.length);
  for (let i: usize = 0; i < common; i++) {
    const order = weight(load<u8>(a.start + i)) - weight(load<u8>(b.start + i));
    if (order != 0) return order;
  }
  return (a.length as i32) - (b.length as i32);
}

function weight(byte: i32): i32 {
  return (byte & 0xfe) == 0xee ? byte + 0x10 : byte;
}

function hashOf(value: JsonValue): u32 {
  const bits = reinterpret<u64>(value.number);
  let hash = mix(mix(value.kind, bits as u32), (bits >> 32) as u32);
  hash = hashSlice(hash, value.text);
  for (let i = 0; i < value.items.length; i++) {
    if (value.kind == Kind.Object) hash = hashSlice(hash, value.keys[i]);
    hash = mix(hash, value.items[i].hash);
  }
  return hash;
}

function hashSlice(hash: u32, slice: Slice): u32 {
  for (let at = slice.start; at < slice.end; at++) hash = mix(hash, load<u8>(at));
  return mix(hash, slice.length as u32);
}

function mix(hash: u32, value: u32): u32 {
  return rotl<u32>((hash ^ value) * 0x9e3779b1, 15);
}

/** Canonical JSON (RFC 8785). */
export function writeValue(out: ByteWriter, value: JsonValue): void {
  const kind = value.kind;
  if (kind == Kind.Text) return writeSlice(out, value.text);
  if (kind == Kind.Number) return writeNumber(out, value.number);
  if (kind < Kind.Number) return out.ascii(kind == Kind.Null ? 'null' : kind == Kind.True ? 'true' : 'false');
  const isObject = kind == Kind.Object;
  out.u8(isObject ? 0x7b : 0x5b);
  for (let i = 0; i < value.items.length; i++) {
    if (i > 0) out.u8(0x2c);
    if (isObject) {
      writeSlice(out, value.keys[i]);
      out.u8(0x3a);
    }
    writeValue(out, value.items[i]);
  }
  out.u8(isObject ? 0x7d : 0x5d);
}
