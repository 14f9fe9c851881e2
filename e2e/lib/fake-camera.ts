import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeQR } from 'qr';

const [WIDTH, HEIGHT] = [640, 480];
/** Pixels of a module: as a code on another screen is seen from a hand's breadth. */
const SCALE = 5;
const FRAMES = 4;

/** Chromium's flags for a camera that sees this text as a QR code, and that nobody asks about. */
export async function cameraSeeing(text: string): Promise<string[]> {
  const path = join(await mkdtemp(join(tmpdir(), 'sovereign-camera-')), 'code.y4m');
  await writeFile(path, y4m(text));
  return [
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${path}`,
  ];
}

/** YUV4MPEG2, 4:2:0: a header, then for each frame a line and the three planes. */
function y4m(text: string): Buffer {
  const rows = encodeQR(text, 'raw', { ecc: 'low', encoding: 'byte', border: 4 });
  const side = rows.length * SCALE;
  const [left, top] = [(WIDTH - side) >> 1, (HEIGHT - side) >> 1];
  if (top < 0) throw new Error('the code does not fit into the picture');
  const luma = Buffer.alloc(WIDTH * HEIGHT, 200);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const isDark = rows[Math.floor(y / SCALE)]![Math.floor(x / SCALE)]!;
      luma[(top + y) * WIDTH + left + x] = isDark ? 20 : 235;
    }
  }
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
  const header = Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`);
  return Buffer.concat([header, ...Array.from({ length: FRAMES }, () => frame)]);
}
