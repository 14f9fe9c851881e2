/** Reading QR codes out of pictures: by the browser where it can, otherwise by a decoder that is fetched then. */

/** The text of a QR code in the picture, if there is one. */
type ReadQr = (picture: HTMLVideoElement | ImageBitmap) => Promise<string | undefined>;

/** As in the Shape Detection API (WICG), which not every browser has. */
interface Detector {
  detect(picture: HTMLVideoElement | ImageBitmap): Promise<{ rawValue: string }[]>;
}
interface DetectorClass {
  new (options: { formats: string[] }): Detector;
  getSupportedFormats(): Promise<string[]>;
}

/** More does not make a code on a screen easier to read, and costs time on a phone. */
const MOST_PIXELS = 1_024;
/** For one picture, in milliseconds; the next may be a better one. */
const TRY_MS = 60;

export async function qrReader(): Promise<ReadQr> {
  return (await detector()) ?? decoder();
}

/** A phone's own reader, on what has one. */
async function detector(): Promise<ReadQr | undefined> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  const formats = await BarcodeDetector?.getSupportedFormats().catch((): string[] => []);
  if (!BarcodeDetector || !formats?.includes('qr_code')) return undefined;
  const found = new BarcodeDetector({ formats: ['qr_code'] });
  return async (picture) => (await found.detect(picture))[0]?.rawValue;
}

async function decoder(): Promise<ReadQr> {
  const { decodeQR } = await import('qr/decode.js');
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return (picture) => {
    const [wide, high] = sizeOf(picture);
    const scale = Math.min(1, MOST_PIXELS / Math.max(wide, high));
    const [width, height] = [Math.round(wide * scale), Math.round(high * scale)];
    if (!context || width === 0 || height === 0) return Promise.resolve(undefined);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.drawImage(picture, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    try {
      return Promise.resolve(decodeQR({ width, height, data }, { timeLimit: TRY_MS }));
    } catch {
      // It throws where there is none.
      return Promise.resolve(undefined);
    }
  };
}

const sizeOf = (picture: HTMLVideoElement | ImageBitmap): [number, number] =>
  picture instanceof HTMLVideoElement ? [picture.videoWidth, picture.videoHeight] : [picture.width, picture.height];
