import { qrReader } from '../lib/qr-reader';

/** `none`: there is no camera, or another program has it. `refused`: the person, or the browser's settings, said no. */
export type CameraState = 'asking' | 'scanning' | 'none' | 'refused';

/** Between two looks at the picture, in milliseconds: a person notices no more, and a phone stays cool. */
const LOOK_MS = 80;
/** A picture file; more would not be one of a QR code. */
const PICTURE_BYTES = 32 * 1024 * 1024;

/** Looks for a QR code with the device's camera. The camera is on from `start` until `stop`, or until one is found. */
export class Camera {
  state = $state<CameraState>('asking');
  #stream: MediaStream | undefined;
  #isOver = false;

  /** @param found told once, when the camera is off again */
  async start(video: HTMLVideoElement, found: (text: string) => void): Promise<void> {
    const stream = await this.#open();
    if (!stream || this.#isOver) return stop(stream);
    this.#stream = stream;
    // It was taken away, or unplugged.
    for (const track of stream.getTracks()) track.onended = () => this.#fail('none');
    video.srcObject = stream;
    await video.play().catch(() => undefined);
    this.state = 'scanning';
    const text = await this.#look(video);
    this.stop();
    video.srcObject = null;
    if (text !== undefined) found(text);
  }

  stop(): void {
    this.#isOver = true;
    stop(this.#stream);
    this.#stream = undefined;
  }

  async #open(): Promise<MediaStream | undefined> {
    try {
      const video = { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } };
      // Absent where the page is not secure.
      const devices = navigator.mediaDevices as MediaDevices | undefined;
      if (devices) return await devices.getUserMedia({ video, audio: false });
      this.state = 'none';
    } catch (error) {
      const isRefused = error instanceof DOMException && ['NotAllowedError', 'SecurityError'].includes(error.name);
      this.state = isRefused ? 'refused' : 'none';
    }
    return undefined;
  }

  #fail(state: CameraState): void {
    if (this.#isOver) return;
    this.state = state;
    this.stop();
  }

  async #look(video: HTMLVideoElement): Promise<string | undefined> {
    const read = await qrReader();
    for (let next = 0; !this.#isOver;) {
      const now = await new Promise(requestAnimationFrame);
      if (now < next || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) continue;
      next = now + LOOK_MS;
      const text = await read(video).catch(() => undefined);
      if (text !== undefined && text !== '') return this.#isOver ? undefined : text;
    }
    return undefined;
  }
}

function stop(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

/** The text of the QR code in a picture file. @throws Error in words for a person */
export async function readPicture(file: File): Promise<string> {
  if (file.size > PICTURE_BYTES) throw new Error('This picture is too large.');
  const picture = await createImageBitmap(file).catch(() => undefined);
  if (!picture) throw new Error('This file is no picture that the browser can show.');
  try {
    const text = await (await qrReader())(picture);
    if (text === undefined || text === '') throw new Error('There is no QR code to be read in this picture.');
    return text;
  } finally {
    picture.close();
  }
}
