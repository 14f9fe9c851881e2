/** What the largest QR code (version 40, error correction L) holds, ISO/IEC 18004 table 7. */
export const QR_BYTES = 2_953;
/** Light modules that a reader needs around the code, ISO/IEC 18004 section 5.3.8. */
const QUIET = 4;

export interface QrPicture {
  /** Modules along a side, the quiet zone included. */
  size: number;
  /** The dark modules as an SVG path, one unit a module. */
  path: string;
}

/** The text as a QR code; `undefined` when it does not fit into one. The encoder is fetched when it is first needed. */
export async function qrPicture(text: string): Promise<QrPicture | undefined> {
  if (new TextEncoder().encode(text).length > QR_BYTES) return undefined;
  const { encodeQR } = await import('qr');
  const rows = encodeQR(text, 'raw', { ecc: 'low', encoding: 'byte', border: QUIET });
  return { size: rows.length, path: rows.map((row, y) => runs(row, y)).join('') };
}

/** Dark runs of one row as rectangles. */
function runs(row: readonly boolean[], y: number): string {
  let path = '';
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue;
    const start = x;
    while (row[x + 1]) x++;
    path += `M${start} ${y}h${x - start + 1}v1H${start}z`;
  }
  return path;
}
