/** Checks one bundle apart from the window and from the node; see src/host/verify-client.ts. */
import { serveVerify } from '../src/verify';

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data }: MessageEvent<unknown>) => {
  void serveVerify(data, (answer) => scope.postMessage(answer));
};
