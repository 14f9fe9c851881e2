import { formatVkey, noteKey } from '../../crypto';
import type { Handlers } from '../dispatch';
import { compareCheckpoint, proveEntry } from '../proofs';
import type { Running } from '../running';

type ProofHandlers = Pick<Handlers, 'GetHeads' | 'ProveEntry' | 'CompareCheckpoint'>;

/** What shows others, and the owner himself, that the log is the one it was. */
export function proofHandlers(running: () => Running): ProofHandlers {
  return {
    GetHeads: () => {
      const { log, identity, witnesses } = running();
      return Promise.resolve({
        origin: log.origin,
        vkey: formatVkey(noteKey(log.origin, identity.signers.log.publicKey)),
        signed: log.lastCheckpoint?.size ?? 0,
        witnessed: witnesses.witnessedSize,
        witnesses: witnesses.states().length,
        seen: [...witnesses.history],
      });
    },
    ProveEntry: ({ seq }) => {
      const { log, storage } = running();
      return proveEntry(log, storage.records, seq);
    },
    CompareCheckpoint: ({ note }) => {
      const { log, witnesses } = running();
      return compareCheckpoint(log, witnesses.states(), note);
    },
  };
}
