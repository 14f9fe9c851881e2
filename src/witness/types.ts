import { SovereignError } from '../protocol/errors';

/** What a witness remembers, durably: a map of small texts. */
export interface WitnessStore {
  /** As it was read at start, and as `put` has changed it since. */
  get(key: string): string | undefined;
  keys(prefix: string): string[];
  /** Resolves once all of it is durable. A rejection leaves the store unusable: every later `put` rejects too. */
  put(changes: ReadonlyMap<string, string>): Promise<void>;
}

/** Two checkpoints of one log, both signed by its key, of which one does not extend the other. */
export interface Fork {
  origin: string;
  /** The one that the witness cosigned. */
  held: string;
  /** The one that it was offered after that, and refused. */
  offered: string;
  /** Consistency proof that came with `offered`, base64. */
  proof: string[];
  /**
   * True when these texts alone prove it: two roots of one size, or a proof under which `offered` begins with another
   * tree than `held`. False when the proof merely does not hold; then anyone may have sent it.
   */
  proven: boolean;
  /** Unix seconds when it was offered. */
  time: number;
}

/** What goes back over HTTP. */
export interface Reply {
  status: 200 | 400 | 403 | 404 | 409 | 422 | 503;
  type: 'text/plain; charset=utf-8' | 'text/x.tlog.size';
  body: string;
}

export type WitnessCode =
  | 'state_broken' // what was stored is not what a witness wrote
  | 'bad_log'; // a configured log's vkey cannot be used

export class WitnessError extends SovereignError<WitnessCode> {
  override readonly name = 'WitnessError';
}
