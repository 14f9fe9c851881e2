/** What a hostile script would do in a worker; it is run as its text, so it stands alone. */

/** Tries each way out and answers `blocked` or what it reached, by name, and what the CSP was seen to forbid. */
export async function tryEverything(): Promise<Record<string, string>> {
  const named = globalThis as unknown as Record<string, (text: string) => unknown>;
  const other = 'http://127.0.0.1:9/';
  const events = (make: () => EventTarget, good: string): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const target = make();
      target.addEventListener(good, resolve);
      target.addEventListener('error', () => reject(new Error('error event')));
    });
  const ask = (url: string): Promise<unknown> =>
    events(() => {
      const request = new XMLHttpRequest();
      request.open('GET', url);
      request.send();
      return request;
    }, 'load');
  const opened = (request: IDBOpenDBRequest): Promise<unknown> => events(() => request, 'success');
  const blob = (code: string): string => URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const imported = (url: string): Promise<unknown> => import(/* @vite-ignore */ url) as Promise<unknown>;
  const tries: Record<string, () => unknown> = {
    fetch: () => fetch('/index.html'),
    'fetch of another origin': () => fetch(other, { mode: 'no-cors' }),
    XMLHttpRequest: () => ask('/index.html'),
    'XMLHttpRequest to another origin': () => ask(other),
    WebSocket: () => events(() => new WebSocket(location.origin.replace('http', 'ws')), 'open'),
    EventSource: () => events(() => new EventSource('/index.html'), 'open'),
    WebTransport: () => new WebTransport('https://127.0.0.1:9').ready,
    'import()': () => imported('/assets/other.js'),
    'import() of data': () => imported('data:text/javascript,1'),
    'import() of a blob': () => imported(blob('1')),
    importScripts: () => named['importScripts']!('/assets/other.js'),
    eval: () => named['eval']!('1'),
    Function: () => named['Function']!('return 1'),
    'a nested worker': () => events(() => new Worker('/assets/other.js', { type: 'module' }), 'message'),
    'a nested worker of a blob': () => events(() => new Worker(blob('postMessage(1)')), 'message'),
    SharedWorker: () => new SharedWorker('/assets/other.js'),
    BroadcastChannel: () => new BroadcastChannel('sovereign'),
    IndexedDB: () => opened(indexedDB.open('sovereign')),
    'Cache Storage': () => caches.open('sovereign'),
    'the private file system': () => navigator.storage.getDirectory(),
    'Web Locks': () => navigator.locks.query(),
    localStorage: () => localStorage.length,
    'the window': () => window.document.title,
  };
  const result: Record<string, string> = {};
  const forbidden = new Set<string>();
  addEventListener('securitypolicyviolation', (event) => forbidden.add(event.effectiveDirective));
  for (const [name, attempt] of Object.entries(tries)) {
    try {
      await attempt();
      result[name] = 'reached';
    } catch {
      result[name] = 'blocked';
    }
  }
  result['forbidden'] = [...forbidden].sort().join();
  return result;
}
