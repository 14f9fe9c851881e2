import { textOf, type Host } from './host';

/** Whether the request names a host that was granted. Anything that is no such request may not. */
export function mayFetch(request: Uint8Array, host: Host): boolean {
  const url = urlOf(request);
  return url !== undefined && host.may(`http.fetch:${url.host}`);
}

function urlOf(request: Uint8Array): URL | undefined {
  try {
    const { url } = JSON.parse(textOf(request)) as { url?: unknown };
    const parsed = new URL(String(url));
    return parsed.protocol === 'https:' ? parsed : undefined;
  } catch {
    return undefined;
  }
}
