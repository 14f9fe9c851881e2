/** WASI preview 1, `errno`: those that this host answers. */
export const ERRNO = {
  success: 0,
  badf: 8,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inval: 28,
  isdir: 31,
  loop: 32,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nospc: 51,
  notdir: 54,
  notempty: 55,
  notsup: 58,
  perm: 63,
  spipe: 70,
  notcapable: 76,
} as const;
export type Errno = keyof typeof ERRNO;

/** Ends one call, which then answers that number. */
export class Refused extends Error {
  readonly errno: number;

  constructor(errno: Errno) {
    super(errno);
    this.errno = ERRNO[errno];
  }
}

/** Made once: an error's trace costs more than all else that a refused call does. */
const REFUSED = new Map((Object.keys(ERRNO) as Errno[]).map((name) => [name, new Refused(name)]));
export const refused = (errno: Errno): Refused => REFUSED.get(errno)!;
