/** Checks one bundle apart from the window and from the node; see src/host/verify-client.ts. */
import { toWireError } from '../src/protocol/errors';
import { verifyBundle, zipReader } from '../src/verify';
import type { VerifyAnswer, VerifyRequest } from '../src/verify/wire';

const scope = self as unknown as DedicatedWorkerGlobalScope;
const answer = (message: VerifyAnswer): void => scope.postMessage(message);

scope.onmessage = async ({ data: { zip, governanceKey } }: MessageEvent<VerifyRequest>) => {
  try {
    const report = await verifyBundle(zipReader(zip), {
      ...(governanceKey ? { governanceKey } : {}),
      onProgress: (step, done, total) => answer({ type: 'progress', step, done, total }),
    });
    answer({ type: 'report', report });
  } catch (error) {
    answer({ type: 'error', error: toWireError(error) });
  }
};
