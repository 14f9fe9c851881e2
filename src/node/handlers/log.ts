import { AuditError, checkLog, type AuditLog, type Entry } from '../../audit';
import { fromUtf8, sha256Hex } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import type { EntryView, LogFilter } from '../../protocol/messages';
import type { Handlers } from '../dispatch';
import { NodeError } from '../errors';
import type { Running } from '../running';

type LogHandlers = Pick<Handlers, 'ListEntries' | 'GetEntry' | 'MakeCheckpoint' | 'VerifyLog' | 'ExportBundle'>;

/** Lines read at once while paging backwards. */
const CHUNK = 256;

export function logHandlers(running: () => Running): LogHandlers {
  return {
    ListEntries: ({ before, limit, filter }) => list(running().log, before, limit, filter),
    GetEntry: async ({ seq }) => {
      const [view] = await views(running().log, seq, seq + 1);
      if (!view) throw new NodeError('not_found', `The log has no entry ${seq}.`);
      return view;
    },
    MakeCheckpoint: () => running().log.checkpoint(),
    VerifyLog: () => verify(running()),
    ExportBundle: async ({ disclose }) => {
      const { result, completedSeq } = await running().asOwner({
        action: 'export_evidence',
        resource: { type: 'Log', id: running().log.origin },
        args: { run: null, disclose },
        context: {},
      });
      const { sha256, bytes, files } = result as { sha256: string; bytes: number; files: number };
      return { sha256, bytes, files, seq: completedSeq };
    },
  };
}

/** Reads everything again from storage; what is wrong is the answer, not an error. */
async function verify({ storage, log, identity }: Running) {
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  try {
    const { entries, tornBytes } = await checkLog(storage, log.origin, identity.signers.log.publicKey);
    const problem = tornBytes === 0 ? null : `${tornBytes} bytes after the last line are not part of the log`;
    return { ok: problem === null, entries, ms: took(), problem };
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return { ok: false, entries: log.size, ms: took(), problem: error.message };
  }
}

async function list(log: AuditLog, before: number | undefined, limit: number, filter: LogFilter | undefined) {
  const found: EntryView[] = [];
  let end = Math.min(before ?? log.size, log.size);
  const floor = Math.max(0, end - LIMITS.scanEntries);
  while (end > floor && found.length < limit) {
    const start = Math.max(floor, end - CHUNK);
    const chunk = await views(log, start, end);
    for (const view of chunk.toReversed()) {
      if (found.length === limit) break;
      end = view.entry.seq;
      if (matches(view, filter)) found.push(view);
    }
  }
  return { entries: found, next: end > 0 ? end : null, size: log.size };
}

function matches({ entry, line }: EntryView, filter: LogFilter | undefined): boolean {
  if (!filter) return true;
  if (filter.type !== undefined && entry.type !== filter.type) return false;
  if (filter.severity !== undefined && entry.severity !== filter.severity) return false;
  return filter.text === undefined || line.toLowerCase().includes(filter.text.toLowerCase());
}

async function views(log: AuditLog, from: number, to: number): Promise<EntryView[]> {
  const out: EntryView[] = [];
  for await (const bytes of log.lines(from, Math.min(to, log.size))) {
    const line = fromUtf8(bytes).slice(0, -1);
    out.push({ entry: JSON.parse(line) as Entry, line, hash: sha256Hex(bytes) });
  }
  return out;
}
