import { formatVkey, noteKey } from '../../crypto';
import type { Handlers } from '../dispatch';
import { inTurn } from '../../protocol/in-turn';
import type { Running } from '../running';

type ProofHandlers = Pick<
  Handlers,
  'GetHeads' | 'ProveEntry' | 'CompareCheckpoint' | 'PrepareTimestamp' | 'AttachTimestamp'
>;

/** Asked for now and then only: not worth carrying in the worker from its start. */
const proofs = () => import('../proofs');
const timestamps = () => import('../timestamps');

/** What shows others, and the owner himself, that the log is the one it was. */
export function proofHandlers(running: () => Running): ProofHandlers {
  // Each reads what is kept and writes it anew.
  const stamping = inTurn();
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
    ProveEntry: async ({ seq }) => {
      const { log, storage } = running();
      return (await proofs()).proveEntry(log, storage.records, seq);
    },
    CompareCheckpoint: async ({ note }) => {
      const { log, witnesses } = running();
      return (await proofs()).compareCheckpoint(log, witnesses.states(), note);
    },
    PrepareTimestamp: () => stamping(async () => (await timestamps()).prepareTimestamp(running())),
    AttachTimestamp: ({ token }) => stamping(async () => (await timestamps()).attachTimestamp(running(), token)),
  };
}
