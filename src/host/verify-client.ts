import { fromWireError, SovereignError } from '../protocol/errors';
import type { ProofOptions } from '../verify';
import { VerifyError, type Report, type VerifyOptions } from '../verify/types';
import type { Asked, VerifyAnswer, VerifyRequest } from '../verify/wire';

/** What somebody handed over: one file, or those of a folder. They stay on the disk until they are read. */
export type VerifyInput = { file: Blob; name: string } | { files: { path: string; blob: Blob }[] };

/** Checks bundles off the main thread. Needs no node, no identity and no network. */
export interface VerifyClient {
  /** @throws SovereignError with a VerifyError's code when it cannot be read at all, `cancelled` after the signal. */
  verify(input: VerifyInput, options?: Asked & Watch): Promise<Report>;
  /** One entry with its tlog-proof. @throws as `verify` */
  verifyProof(parts: { proof: Blob; entry: Blob }, options?: ProofOptions & Pick<Watch, 'signal'>): Promise<Report>;
}

type Watch = Pick<VerifyOptions, 'signal' | 'onProgress'>;

export const createVerifyClient = (): VerifyClient => ({
  verify: (input, { signal, onProgress, ...options } = {}) =>
    ask({ ...input, options }, { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) }),
  verifyProof: (parts, { signal, ...options } = {}) => ask({ ...parts, options }, signal ? { signal } : {}),
});

/** One worker a question: cancelling ends it, so a slow check cannot outlive its page. */
async function ask(request: VerifyRequest, { signal, onProgress }: Watch): Promise<Report> {
  const worker = new Worker(new URL('../../workers/verify.ts', import.meta.url), { type: 'module', name: 'verify' });
  try {
    return await new Promise<Report>((resolve, reject) => {
      const cancel = (): void => reject(new VerifyError('cancelled', 'The check was stopped.'));
      if (signal?.aborted) cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      worker.onerror = () =>
        reject(
          new SovereignError('verifier_lost', 'The verifier could not be loaded, or ran out of memory.', {
            advice: 'Reload the page and try again; or check it in a terminal, with sovereign-verify.mjs.',
          }),
        );
      worker.onmessage = ({ data }: MessageEvent<VerifyAnswer>) => {
        if (data.type === 'progress') onProgress?.(data.step, data.done, data.total);
        else if (data.type === 'report') resolve(data.report);
        else reject(fromWireError(data.error));
      };
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
