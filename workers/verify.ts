/** Checks one bundle apart from the window and from the node; see src/host/verify-client.ts. */
import { loadCedar } from '../src/policy/web';
import { serveVerify } from '../src/verify';
import { createReplay } from '../src/verify/replay';

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data }: MessageEvent<unknown>) => {
  void serveVerify(
    data,
    (answer) => scope.postMessage(answer),
    async () => createReplay(await loadCedar()),
  );
};
