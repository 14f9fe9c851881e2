import { BEGIN } from './begin';
import { END } from './end';
import { EVIDENCE } from './evidence';
import { LIST } from './list';
import { LOG } from './log';
import { PROOFS } from './proofs';

/**
 * `verify.sh`: the same checks as far as a shell with stock Debian tools can do them. Integrity hangs on no single line:
 * the list of files is checked three times in different ways, and the exit code is 0 only when all checks were counted,
 * so that a change of any one byte of the script itself is found by what is left of it. 33 is the failing code because
 * no one-byte change makes it 0.
 */
export const VERIFY_SCRIPT = [BEGIN, LIST, LOG, PROOFS, EVIDENCE, END].join('');
