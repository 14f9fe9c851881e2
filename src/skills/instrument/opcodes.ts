/** What an instruction reads after its opcode, what it takes and leaves, and what it does to NaNs. */
import * as LANES from './lanes';

/** Immediates, or 0: an index; alignment and offset; the same and a lane; a lane; 16 bytes. */
export const INDEX = 1;
export const MEMORY = 2;
export const MEMORY_LANE = 3;
export const LANE = 4;
export const BYTES = 5;

export interface Shape {
  immediate: number;
  pops: number;
  pushes: number;
  /** Lanes of the result that may be NaNs of any bits; `numeric`: a float that never needs to be made canonical. */
  leaves: number;
  /** Lanes of operands whose NaN bits cannot be seen through the operation; 0: they can. */
  blind: number;
}

/** A letter a shape, its numbers in the order of `Shape`. Small letters are for f32, large ones for f64. */
const SHAPES = {
  '0': '00000', // nop
  '1': '01100',
  '2': '02100',
  '3': '03100', // select
  c: '02101', // comparisons
  C: '02102',
  u: '01111', // ceil floor trunc nearest sqrt; neg, abs and copysign keep a NaN’s bits, and are 1 and 2
  U: '01122',
  b: '02111', // add sub mul div min max; so are pmin and pmax, which hand on one operand
  B: '02122',
  t: '01101', // to integers
  T: '01102',
  n: '01150', // from integers; to f64x2 they are 1, since a word of a double’s may be a NaN of f32x4
  d: '01112', // demotion
  p: '01121', // promotion
  l: '21100', // loads
  s: '22000', // stores
  m: '32100', // of a lane
  w: '32000',
  x: '41100', // lanes are taken out, and put in
  r: '42100',
  h: '52100', // shuffle
  g: '11100', // table.get
  k: '12000', // table.set
  f: '10100', // ref.func, table.size
  i: '10000', // data.drop, elem.drop
};

/** @param opcodes a letter an opcode, 16 in a row; a dot: it does not exist, or has code of its own */
function shapes(opcodes: string, vectors: boolean): (Shape | undefined)[] {
  const lanes = (scalar: number): number =>
    vectors && scalar === LANES.f32 ? LANES.f32x4 : vectors && scalar === LANES.f64 ? LANES.f64x2 : scalar;
  const kinds: Record<string, Shape> = {};
  for (const [letter, numbers] of Object.entries(SHAPES)) {
    const [immediate = 0, pops = 0, pushes = 0, leaves = 0, blind = 0] = [...numbers].map(Number);
    kinds[letter] = { immediate, pops, pushes, leaves: lanes(leaves), blind: lanes(blind) };
  }
  return [...opcodes].map((letter) => kinds[letter]);
}

/** Opcodes of one byte. */
export const PLAIN = shapes(
  '.0..............' +
    '...........3....' +
    '.....gk.llllllll' +
    'llllllsssssssss.' +
    '.....12222222222' +
    '12222222222ccccc' +
    'cCCCCCC111222222' +
    '2222222221112222' +
    '2222222222211uuu' +
    'uubbbbbb211UUUUU' +
    'BBBBBB21ttTT11tt' +
    'TTnnnndnnnnp1111' +
    '11111...........' +
    '.1f.............',
  false,
);

/** By the number after 0xfc: conversions that saturate; memories and tables. */
export const PREFIXED = shapes('ttTTttTT.i...i..f.', false);

/** SIMD: by the number after 0xfd. */
export const SIMD = shapes(
  'llllllllllls.h21' +
    '11111xxrxxrxrxrx' +
    'rxr2222222222222' +
    '2222222222222222' +
    '2ccccccCCCCCC122' +
    '2231mmmmwwwwlldp' +
    '1111122uuuu22222' +
    '2222UU2222U21111' +
    '1121122111122222' +
    '2222U22222.22222' +
    '11.11..11112222.' +
    '.2...222222.2222' +
    '11.11..11112222.' +
    '.2...22222222222' +
    '11.ubbbbbb2211.U' +
    'BBBBBB22ttnnTT11',
  true,
);
