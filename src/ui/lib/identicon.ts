/** A picture of an id: a 5 × 5 grid mirrored left to right, and one of the hues that both themes can carry. */
export interface Picture {
  cells: { x: number; y: number }[];
  hue: number;
}

const HUES = [8, 32, 62, 96, 140, 172, 198, 224, 256, 288, 320, 345];

/** @param id hex; the same id is the same picture anywhere. */
export function identicon(id: string): Picture {
  const nibble = (at: number): number => Number.parseInt(id[at % Math.max(1, id.length)] ?? '0', 16) || 0;
  const cells: Picture['cells'] = [];
  for (let y = 0; y < 5; y++) {
    for (let x = 0; x < 3; x++) {
      if (nibble(2 + y * 3 + x) % 2 === 0) continue;
      cells.push({ x, y });
      if (x < 2) cells.push({ x: 4 - x, y });
    }
  }
  return { cells, hue: HUES[(nibble(0) * 16 + nibble(1)) % HUES.length] ?? 172 };
}
