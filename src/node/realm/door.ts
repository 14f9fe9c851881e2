import * as Comlink from 'comlink';

/**
 * Serves `api` to whoever holds the other end: calls of its own functions, and nothing else. Comlink by itself lets them
 * read, set and construct whatever lies on a path from the object, up to the prototypes of this realm. Other frames are
 * dropped: nobody who keeps to the contract sends one.
 */
export function exposeCalls(api: object, end: Comlink.Endpoint): void {
  const names = new Set(Object.keys(api));
  const heard = new Map<EventListenerOrEventListenerObject, (event: Event) => void>();
  Comlink.expose(api, {
    postMessage: (message, transfer) => end.postMessage(message, transfer),
    addEventListener: (type, listener, options) => {
      const filtered = (event: Event): void => {
        if (!isCall((event as MessageEvent).data, names)) return;
        if (typeof listener === 'function') listener(event);
        else listener.handleEvent(event);
      };
      heard.set(listener, filtered);
      end.addEventListener(type, filtered, options);
    },
    removeEventListener: (type, listener) => end.removeEventListener(type, heard.get(listener) ?? listener),
    start: () => end.start?.(),
  });
}

function isCall(data: unknown, names: ReadonlySet<string>): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const { id, type, path, argumentList } = data as Record<string, unknown>;
  if (typeof id !== 'string') return false;
  if (type === 'RELEASE') return path === undefined;
  const isOwn = Array.isArray(path) && path.length === 1 && names.has(path[0] as string);
  return type === 'APPLY' && isOwn && Array.isArray(argumentList) && argumentList.every(isObject);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
