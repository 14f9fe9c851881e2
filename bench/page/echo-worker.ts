/** What a SharedWorker can at best: says again whatever it is told. */
const scope = self as unknown as SharedWorkerGlobalScope;

scope.onconnect = ({ ports: [port] }) => {
  port!.onmessage = ({ data }: MessageEvent<unknown>) => port!.postMessage(data);
};
