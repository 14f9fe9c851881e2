import type { AuditLog, Checkpoint } from '../../audit';
import type { BundleInput } from '../../audit/export';
import type { Executor } from '../../governance';
import type { Identity } from '../../identity';
import type { Cedar } from '../../policy';
import type { BlobStore, RecordStore } from '../../storage';
import { fromBase64 } from '../../crypto';
import { LIMITS } from '../../protocol/limits';
import { formatDisclosures } from '../../privacy';
import type { Openings } from '../openings';
import type { Witnesses } from '../witness/types';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';
import type { ModuleSource } from './skills';

interface ExportParts {
  door: EffectDoor;
  log: AuditLog;
  blobs: BlobStore;
  modules: ModuleSource;
  records: RecordStore;
  identity: Identity;
  /** The kernel's own: the self-check makes its decisions again. */
  cedar: Cedar;
  /** None while the node has no witnesses. */
  witnesses?: Witnesses | undefined;
  openings: Openings;
}

/** What an export must pass: what it alone can show of itself. */
const CHECKED = ['integrity', 'authenticity', 'policyReplay'] as const;

/**
 * Builds the bundle of everything up to a fresh checkpoint and hands it to the independent verifier, with the governance
 * key as a stranger would pin it. Only what verifies is kept.
 */
export function exportExecutor(parts: ExportParts): Executor {
  const { door, log, blobs, identity, cedar, openings, modules } = parts;
  // One that cannot be fetched now is left out of the bundle, and does not stand in its way.
  const bundled = (sha256: string) => modules(sha256).catch(() => undefined);
  const stored = { get: async (sha256: string) => (await blobs.get(sha256)) ?? bundled(sha256) };
  return {
    audience: 'export',
    async execute(order, args, { signal }) {
      await door.check(order, 'export', 'export_evidence', args);
      const { run, disclose } = parseArgs('export_evidence', args);
      // Bundler and verifier are needed now and then only: not worth carrying in the worker from its start.
      const [{ buildBundle, zipBundle }, { bytesSource, verifyBundle, zipReader }, { createReplay }] =
        await Promise.all([import('../../audit/export'), import('../../verify'), import('../../verify/replay')]);
      const before = log.lastCheckpoint;
      const heads = await seen(parts, await log.checkpoint(), before);
      const { signers } = identity;
      const shown = await disclosed(openings, log, heads.checkpoint.size, disclose);
      const files = await buildBundle({ log, blobs: stored, signers, run, signal, openings: shown, ...heads });
      const zip = zipBundle(files);
      // The very bytes that are handed out, read back from their zip.
      const report = await verifyBundle(await zipReader(bytesSource(zip), { signal }), {
        governanceKey: signers.governance.publicKey,
        replay: createReplay(cedar),
        signal,
      });
      if (CHECKED.some((name) => report.verdicts[name] !== 'pass')) {
        const first = report.problems[0];
        throw new EffectError(
          'export_not_verified',
          `The bundle does not verify: ${first?.where ?? ''} ${first?.message ?? ''}`,
          {
            advice: 'Check the log under Audit. Nothing was handed out.',
          },
        );
      }
      const sha256 = await blobs.put(zip);
      const result = { sha256, bytes: zip.length, files: files.length, checkpoint_size: heads.checkpoint.size };
      await log.append({
        type: 'AUDIT_EXPORT',
        data: { ...result, order_id: order.order_id, ...(run === null ? {} : { run }) },
      });
      return { ...result, verdicts: { ...report.verdicts } };
    },
  };
}

/** The personal fields that the owner chose to show in this bundle, wherever in it they stand. */
async function disclosed(
  openings: Openings,
  log: AuditLog,
  size: number,
  chosen: readonly string[],
): Promise<Uint8Array | undefined> {
  if (chosen.length === 0) return undefined;
  const fields = await openings.fields(log, size);
  const gone = chosen.find((sha256) => !fields.some((field) => field.sha256 === sha256));
  if (gone !== undefined) {
    throw new EffectError('not_found', `A personal field that was to be shown is not here any more: ${gone}.`, {
      advice: 'Choose the fields to show again.',
    });
  }
  return formatDisclosures(fields.filter(({ sha256 }) => chosen.includes(sha256)));
}

/**
 * The checkpoint with the witnesses' lines that came in time, and an older one that tells the most: where witnesses saw
 * the new one, one with a timestamp token before one that they saw; else our own last.
 */
async function seen(
  { log, records, identity, witnesses }: ExportParts,
  checkpoint: Checkpoint,
  before: Checkpoint | undefined,
): Promise<Pick<BundleInput, 'checkpoint' | 'older' | 'witnessPolicy' | 'timestamps'>> {
  // Witnesses who have not yet seen it have the time that one of them may take anyway.
  const note = (await witnesses?.cosigned(checkpoint, LIMITS.witnessAnswerMs)) ?? checkpoint.note;
  const { newestStamped } = await import('../timestamps');
  const { origin } = log;
  const { publicKey } = identity.signers.log;
  const stamped = await newestStamped(records, { origin, publicKey, size: checkpoint.size });
  const witnessed = witnesses?.previous(checkpoint.size);
  const older = note === checkpoint.note ? (witnessed ?? stamped?.note) : (stamped?.note ?? witnessed);
  const token = stamped && fromBase64(stamped.token ?? '');
  return {
    checkpoint: { ...checkpoint, note },
    older: older ?? before?.note,
    ...(witnesses ? { witnessPolicy: witnesses.policyText() } : {}),
    ...(token ? { timestamps: new Map([[stamped.size, token]]) } : {}),
  };
}
