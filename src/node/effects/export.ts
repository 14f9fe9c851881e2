import type { AuditLog } from '../../audit';
import type { Executor } from '../../governance';
import type { Identity } from '../../identity';
import type { BlobStore } from '../../storage';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

interface ExportParts {
  door: EffectDoor;
  log: AuditLog;
  blobs: BlobStore;
  identity: Identity;
}

/**
 * Builds the bundle of everything up to a fresh checkpoint and hands it to the independent verifier, with the governance
 * key as a stranger would pin it. Only what verifies is kept.
 */
export function exportExecutor({ door, log, blobs, identity }: ExportParts): Executor {
  return {
    audience: 'export',
    async execute(order, args, { signal }) {
      await door.check(order, 'export', 'export_evidence', args);
      const { run } = parseArgs('export_evidence', args);
      // Bundler and verifier are needed now and then only: not worth carrying in the worker from its start.
      const [{ buildBundle, collectEvidence, zipBundle }, { memoryReader, verifyBundle }] = await Promise.all([
        import('../../audit/export'),
        import('../../verify'),
      ]);
      const checkpoint = await log.checkpoint();
      const evidence = await collectEvidence(log, blobs, checkpoint.size, run);
      const files = await buildBundle({
        log,
        checkpoint,
        publicKeys: identity.public.publicKeys,
        governance: identity.signers.governance,
        ...evidence,
      });
      const report = await verifyBundle(memoryReader(files), {
        governanceKey: identity.signers.governance.publicKey,
        signal,
      });
      if (report.verdicts.integrity !== 'pass' || report.verdicts.authenticity !== 'pass') {
        const first = report.problems[0];
        throw new EffectError(
          'export_not_verified',
          `The bundle does not verify: ${first?.where ?? ''} ${first?.message ?? ''}`,
          {
            advice: 'Check the log under Audit. Nothing was handed out.',
          },
        );
      }
      const zip = zipBundle(files);
      const sha256 = await blobs.put(zip);
      const result = { sha256, bytes: zip.length, files: files.length, checkpoint_size: checkpoint.size };
      await log.append({
        type: 'AUDIT_EXPORT',
        data: { ...result, order_id: order.order_id, ...(run === null ? {} : { run }) },
      });
      return { ...result, verdicts: { ...report.verdicts } };
    },
  };
}
