import { jcsBytes } from '../../crypto';
import type { Executor } from '../../governance';
import { LIMITS } from '../../protocol/limits';
import { MESH_LIMITS } from '../../protocol/mesh-limits';
import type { JsonObject } from '../../protocol/json';
import type { BlobStore } from '../../storage';
import type { Delegate, FetchContent } from '../fetching';
import { knownArgs, unknownSkill, type KnownSkill } from '../run-acts';
import { parseArgs } from './args';
import type { EffectDoor } from './door';
import { EffectError } from './errors';

/**
 * Has another member run a skill, keeps what the run is believed on, and fetches what it gave. The order's own id is the
 * request, so that this log and the member's name each other.
 */
export function delegationExecutor(
  door: EffectDoor,
  blobs: BlobStore,
  delegate: Delegate,
  fetch: FetchContent,
  known: (skill: string) => Promise<KnownSkill | undefined>,
): Executor {
  return {
    audience: 'delegation',
    async execute(order, args, { signal, onProgress }) {
      await door.check(order, 'delegation', 'delegate_skill', args);
      const {
        skill,
        module_sha256: moduleSha256,
        input_sha256: inputSha256,
        member,
      } = parseArgs('delegate_skill', args);
      if (order.resource.id !== skill) throw new EffectError('wrong_effect', 'The order is about another skill.');
      const here = await known(skill);
      if (here?.name !== skill || here.sha256 !== moduleSha256) throw unknownSkill(skill);
      if (!(await blobs.has(inputSha256))) throw new EffectError('not_found', 'The input is not here.');
      const onWaiting = (): void => onProgress?.(0, 'The other device works on it, or asks its owner');
      try {
        const wanted = {
          ...{ member, skill, moduleSha256, inputSha256, request: order.order_id },
          args: knownArgs(here, inputSha256),
        };
        const { run, evidence, knownSize } = await delegate(wanted, { signal, onWaiting });
        const { execution, ended, log } = run;
        const made = [
          [execution?.output_sha256, LIMITS.skillOutputBytes],
          [execution?.calls_sha256, MESH_LIMITS.contentBytes],
        ] as const;
        for (const [sha256, maxBytes] of made) {
          if (!sha256 || (await blobs.has(sha256))) continue;
          await fetch({ sha256, maxBytes, peers: [member] }, { signal, onProgress: () => undefined });
        }
        const message = ended.data['message'];
        return {
          member,
          origin: log.origin,
          order_id: run.order.order_id,
          authorized_seq: ended.data['authorized_seq'] as number,
          ended_seq: ended.seq,
          size: log.size,
          known_size: knownSize,
          evidence_sha256: await blobs.put(jcsBytes(evidence)),
          outcome: execution?.outcome ?? 'host_fault',
          output_sha256: execution?.output_sha256 ?? null,
          output_bytes: execution?.output_bytes ?? 0,
          // In the member's words: bounded, since what it says of itself may be anything.
          ...(typeof message === 'string' ? { message: message.slice(0, 500).toWellFormed() } : {}),
        } satisfies JsonObject;
      } catch (cause) {
        if (!signal.aborted) throw cause;
        throw new EffectError('cancelled', 'It was stopped. What the member did stands in its log.', { cause });
      }
    },
  };
}
