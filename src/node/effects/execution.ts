import { base64, jcsBytes, sha256Hex, sha256Text, type Sha256 } from '../../crypto';
import type { WorkOrder } from '../../governance';
import type { JsonObject } from '../../protocol/json';
import { METERING, type HostCall, type RunTotals, type SkillRequest } from '../../skills';
import type { BlobStore } from '../../storage';

/** What a run takes from its order, so that another order's run is another run and this one can be made again. */
export const seedOf = (order: WorkOrder): string => sha256Text(`sovereign-seed/1\n${order.order_id}`);
export const startOf = (order: WorkOrder): number => Date.parse(order.issued_at);

/** Everything that a run's result follows from, and the result: docs/skill-abi.md, “The execution record”. */
export async function executionRecord(
  blobs: BlobStore,
  request: SkillRequest,
  outcome: string,
  totals: RunTotals,
  output: { sha256: Sha256; bytes: number } | undefined,
): Promise<JsonObject> {
  const { moduleSha256, abi, entry, args = [], files = {}, input, seed, now, grants, limits } = request;
  return {
    v: 1,
    module_sha256: moduleSha256,
    abi,
    entry: entry ?? null,
    args: [...args],
    metering: METERING.version,
    weights: METERING.weights,
    input_sha256: sha256Hex(input),
    files: Object.fromEntries(Object.entries(files).map(([path, bytes]) => [path, sha256Hex(bytes)])),
    seed,
    now,
    grants: [...grants],
    limits: { ...limits },
    calls_sha256: totals.calls.length === 0 ? null : await blobs.put(jcsBytes(totals.calls.map(recordedCall))),
    outcome,
    gas: totals.gas,
    host_calls: totals.hostCalls,
    host_bytes: totals.hostBytes,
    output_sha256: output?.sha256 ?? null,
    output_bytes: output?.bytes ?? 0,
    memory_sha256: totals.memorySha256,
  };
}

const recordedCall = ({ name, request, response, error }: HostCall): JsonObject => {
  const head = { name, request_b64: base64(request) };
  return response ? { ...head, response_b64: base64(response) } : { ...head, error: error ?? '' };
};
