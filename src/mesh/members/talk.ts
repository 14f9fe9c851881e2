import type { Json } from '../../protocol/json';
import { MeshError } from '../errors';
import { encodeFrame, readFrames, type Frame } from '../frames';
import type { MeshStream } from '../types';

/** A stream on which both sides speak in frames, one at a time. */
export class Talk {
  readonly #stream: MeshStream;
  readonly #frames: AsyncGenerator<Frame, void, void>;

  constructor(stream: MeshStream) {
    this.#stream = stream;
    this.#frames = readFrames(stream.incoming);
  }

  say(value: Json): Promise<void> {
    return this.#stream.write(encodeFrame(value));
  }

  /** The next frame, or `undefined` where the other side has ended. @throws MeshError */
  async hear(): Promise<Json | undefined> {
    const next = await this.#frames.next();
    if (next.done) return undefined;
    if ('error' in next.value) throw next.value.error;
    return next.value.value;
  }

  /** The next frame, which must be `{tag: …}`. @throws MeshError; what the other side refused is `refused` */
  async expect(tag: string): Promise<Json> {
    const value = await this.hear();
    if (value === undefined) throw new MeshError('stream_reset', 'The other device ended the conversation.');
    const only = field(value, tag);
    if (only !== undefined) return only;
    const refusal = field(value, 'Refused');
    if (refusal !== undefined) throw asRefusal(refusal);
    throw new MeshError('frame_malformed', 'The other device said something unexpected.');
  }
}

/** The value of an object with exactly this key. */
export function field(value: Json, tag: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === tag ? (value as Record<string, Json>)[tag] : undefined;
}

const REFUSALS = [
  'invitation_expired',
  'invitation_used',
  'invitation_malformed',
  'overloaded',
  'not_a_member',
] as const;
export type Refusal = (typeof REFUSALS)[number] | 'refused';

/** In our own words, whoever sent it: what a stranger writes is not shown as if it were the app's. */
const WORDS: Record<Refusal, string> = {
  invitation_expired: 'This invitation has expired.',
  invitation_used: 'This invitation was used or withdrawn.',
  invitation_malformed: 'The other device does not know this invitation.',
  overloaded: 'The other device is busy with other requests to join.',
  not_a_member: 'The other device is not in this mesh any more.',
  refused: 'The other side said no.',
};

export const refusal = (code: Refusal): MeshError =>
  new MeshError(code, WORDS[code], code === 'refused' ? {} : { advice: 'Ask for a new invitation.' });

function asRefusal(value: Json): MeshError {
  return refusal(REFUSALS.find((code) => code === value) ?? 'refused');
}
