/** What a skill's worker has no use for. Its CSP blocks the network; storage and other channels no CSP knows. */
const NAMES = [
  'BroadcastChannel',
  'EventSource',
  'SharedWorker',
  'WebSocket',
  'WebSocketStream',
  'WebTransport',
  'Worker',
  'XMLHttpRequest',
  'caches',
  'crypto',
  'fetch',
  'importScripts',
  'indexedDB',
  'webkitRequestFileSystem',
  'webkitRequestFileSystemSync',
  'webkitResolveLocalFileSystemSyncURL',
  'webkitResolveLocalFileSystemURL',
] as const;

/**
 * Takes from a worker's scope every way to storage, network and other threads. WASM reaches none of them; should a bug of
 * the engine or of ours ever let it, there is nothing to reach.
 */
export function lockDown(scope: object): void {
  const { navigator } = scope as { navigator?: object };
  if (navigator) strip(navigator, Object.getOwnPropertyNames(Object.getPrototypeOf(navigator)));
  strip(scope, NAMES);
}

/** An attribute of the platform stands on a prototype, and deleting it from the object does nothing. */
function strip(object: object, names: readonly string[]): void {
  for (let holder: object | null = object; holder; holder = Object.getPrototypeOf(holder) as object | null)
    for (const name of names) if (Object.hasOwn(holder, name)) Reflect.deleteProperty(holder, name);
}
