import { fromWireError, SovereignError } from '../protocol/errors';
import { VerifyError, type Report, type VerifyOptions } from '../verify/types';
import type { VerifyAnswer, VerifyRequest } from '../verify/wire';

/** Checks bundles off the main thread. Needs no node, no identity and no network. */
export interface VerifyClient {
  /** @throws SovereignError with a VerifyError's code when the file cannot be read at all, `cancelled` after the signal. */
  verify(zip: Uint8Array, options?: VerifyOptions): Promise<Report>;
}

export const createVerifyClient = (): VerifyClient => ({ verify });

/** One worker a bundle: cancelling ends it, so a slow check cannot outlive its page. */
async function verify(zip: Uint8Array, { governanceKey, signal, onProgress }: VerifyOptions = {}): Promise<Report> {
  const worker = new Worker(new URL('../../workers/verify.ts', import.meta.url), { type: 'module', name: 'verify' });
  try {
    return await new Promise<Report>((resolve, reject) => {
      const cancel = (): void => reject(new VerifyError('cancelled', 'The check was stopped.'));
      if (signal?.aborted) cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      worker.onerror = () =>
        reject(
          new SovereignError('verifier_lost', 'The verifier could not be loaded, or ran out of memory.', {
            advice: 'Reload the page and try again; a large bundle can be checked with its own verify.sh.',
          }),
        );
      worker.onmessage = ({ data }: MessageEvent<VerifyAnswer>) => {
        if (data.type === 'progress') onProgress?.(data.step, data.done, data.total);
        else if (data.type === 'report') resolve(data.report);
        else reject(fromWireError(data.error));
      };
      const request: VerifyRequest = governanceKey ? { zip, governanceKey } : { zip };
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
  }
}
