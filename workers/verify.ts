/** Checks one bundle apart from the window and from the node; see src/host/verify-client.ts. */
import { loadCedar } from '../src/policy/web';
import { serveVerify } from '../src/verify';
import { createReplay } from '../src/verify/replay';

const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data }: MessageEvent<unknown>) => {
  void serveVerify(data, (answer) => scope.postMessage(answer), {
    replay: async () => createReplay(await loadCedar()),
    executions: async () => {
      const { createInlineRunner, replayExecution } = await import('../src/skills');
      const runner = createInlineRunner();
      return (record, blobs, signal) => replayExecution(record, blobs, runner, signal);
    },
  });
};
