import * as v from 'valibot';
import { toWireError, type WireError } from '../protocol/errors';
import type { ExecutionReplay } from '../protocol/execution';
import { LIMITS } from '../protocol/limits';
import { sourcesReader } from './memory';
import { fileReader } from './open';
import { verifyEntryProof, type ProofOptions } from './proof';
import { blobSource, collect, pieces } from './source';
import { VerifyError, VERDICTS, type BundleReader, type PolicyReplay, type Report, type VerifyOptions } from './types';
import { verifyBundle } from './verify';

/** `executions`: make the recorded runs of skills again. */
export type Asked = Pick<VerifyOptions, 'governanceKey' | 'witnessPolicy' | 'older' | 'tsa' | 'only'> & {
  executions?: boolean;
};

/**
 * Window → worker: one bundle to check, or one entry with its proof, as the files that a person picked; they stay on the
 * disk until they are read. The worker answers once and is then ended; ending it early cancels.
 */
export type VerifyRequest =
  | (({ file: Blob; name: string } | { files: { path: string; blob: Blob }[] }) & {
      options: Asked;
    })
  | { proof: Blob; entry: Blob; options: ProofOptions };

/** Worker → window: any number of `progress`, then one of the others. */
export type VerifyAnswer =
  | { type: 'progress'; step: string; done: number; total: number }
  | { type: 'report'; report: Report }
  | { type: 'error'; error: WireError };

const Bytes = v.instance(Uint8Array);
const Options = v.strictObject({
  governanceKey: v.optional(v.pipe(Bytes, v.length(32))),
  witnessPolicy: v.optional(v.string()),
  older: v.optional(Bytes),
  tsa: v.optional(Bytes),
  only: v.optional(v.array(v.picklist(VERDICTS))),
  executions: v.optional(v.boolean()),
});
const Picked = v.strictObject({ path: v.string(), blob: v.instance(Blob) });
const Request = v.union([
  v.strictObject({ file: v.instance(Blob), name: v.string(), options: Options }),
  v.strictObject({ files: v.array(Picked), options: Options }),
  v.strictObject({
    proof: v.instance(Blob),
    entry: v.instance(Blob),
    options: v.strictObject({ logKey: v.optional(v.string()), witnessPolicy: v.optional(v.string()) }),
  }),
]);
type Request = v.InferOutput<typeof Request>;

/** Loaded when they are needed: neither is small. */
export interface Engines {
  replay?: () => Promise<PolicyReplay>;
  executions?: () => Promise<ExecutionReplay>;
}

/** What the worker does with a message; never rejects. */
export async function serveVerify(
  message: unknown,
  answer: (message: VerifyAnswer) => void,
  engines: Engines = {},
): Promise<void> {
  try {
    const parsed = v.safeParse(Request, message);
    if (!parsed.success) throw new VerifyError('unreadable', 'The verifier was not handed a bundle.');
    answer({ type: 'report', report: await judge(parsed.output, answer, engines) });
  } catch (error) {
    answer({ type: 'error', error: toWireError(error) });
  }
}

async function judge(
  request: Request,
  answer: (message: VerifyAnswer) => void,
  engines: Engines = {},
): Promise<Report> {
  if ('proof' in request) return judgeProof(request);
  const onProgress = (step: string, done: number, total: number): void =>
    answer({ type: 'progress', step, done, total });
  const reader = await open(request, onProgress);
  // Offline the engine may not be at hand: then the report says so, and says the rest.
  const replay = await engines.replay?.().catch(() => undefined);
  const { executions: asked, ...options } = request.options;
  const executions = asked ? await engines.executions?.() : undefined;
  const made = { ...(replay ? { replay } : {}), ...(executions ? { executions } : {}) };
  return verifyBundle(reader, { ...(options as VerifyOptions), ...made, onProgress });
}

async function judgeProof({ proof, entry, options }: Extract<Request, { proof: Blob }>): Promise<Report> {
  const input = { proof: await whole(proof, LIMITS.proofTextBytes), entry: await whole(entry, LIMITS.entryBytes) };
  return verifyEntryProof(input, options as ProofOptions);
}

async function whole(blob: Blob, most: number): Promise<Uint8Array> {
  if (blob.size > most) throw new VerifyError('too_large', `A part of the proof is longer than ${most} bytes.`);
  return collect(pieces(blobSource(blob)));
}

async function open(
  request: Exclude<Request, { proof: Blob }>,
  onProgress: (step: string, done: number, total: number) => void,
): Promise<BundleReader> {
  if ('file' in request) return fileReader(request.name, blobSource(request.file), { onProgress });
  return sourcesReader(request.files.map(({ path, blob }) => ({ path, source: blobSource(blob) })));
}
