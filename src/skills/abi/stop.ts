import type { SkillFailure } from '../types';

/** Thrown by the host through the skill's code, which cannot catch it: the run is over, and how. */
export class Stop extends Error {
  readonly kind: SkillFailure;

  constructor(kind: SkillFailure, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** WASI: the program ended by itself, well. */
export class Done extends Error {}

/** A replay asked the world for something else than the record has. */
export class Diverged extends Error {}
