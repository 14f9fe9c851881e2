/** Addresses of relays, between how people write them and how libp2p does. */

/**
 * The multiaddr of a relay at an HTTP(S) origin, as `http://localhost:8787` or `https://relay.example.com`; `undefined`
 * for anything else. A WebSocket's multiaddr has no path, so neither has the URL.
 */
export function relayAddressOf(origin: string): string | undefined {
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || origin.replace(/\/$/, '') !== url.origin) return undefined;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return `/${hostPart(url.hostname)}/tcp/${port}${url.protocol === 'https:' ? '/tls' : ''}/ws`;
}

function hostPart(name: string): string {
  if (name.startsWith('[')) return `ip6/${name.slice(1, -1)}`;
  // A URL's host that ends in a number is an IPv4 address (WHATWG URL, 3.5).
  return /^[\d.]+$/.test(name) ? `ip4/${name}` : `dns4/${name}`;
}
