import { fromWireError, SovereignError } from '../protocol/errors';
import { VerifyError, type Report, type VerifyOptions } from '../verify/types';
import type { VerifyAnswer, VerifyRequest } from '../verify/wire';

/** What somebody handed over: one file, or those of a folder. They stay on the disk until they are read. */
export type VerifyInput = { file: Blob; name: string } | { files: { path: string; blob: Blob }[] };

/** Checks bundles off the main thread. Needs no node, no identity and no network. */
export interface VerifyClient {
  /** @throws SovereignError with a VerifyError's code when it cannot be read at all, `cancelled` after the signal. */
  verify(input: VerifyInput, options?: Omit<VerifyOptions, 'replay'>): Promise<Report>;
}

export const createVerifyClient = (): VerifyClient => ({ verify });

/** One worker a bundle: cancelling ends it, so a slow check cannot outlive its page. */
async function verify(
  input: VerifyInput,
  { signal, onProgress, ...options }: Omit<VerifyOptions, 'replay'> = {},
): Promise<Report> {
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
      const request: VerifyRequest = { ...input, options };
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
