/** How members reach each other: relays as the owner names them, and what those say of themselves. */
import { askAdmission, MeshError } from '../../mesh';
import { isRelayText, type Roster } from '../../mesh/members';
import type { Fetch } from '../witness';
import { MESH_LIMITS } from '../../protocol/mesh-limits';

export type Ways = Pick<Roster, 'relays' | 'stun'>;

interface Asking {
  /** Of the network, for relays that are asked to serve it. */
  relayKey: Uint8Array;
  /** From a relay's operator. */
  token: string | undefined;
  fetch: Fetch;
  /** STUN servers in use: those of relays that stay, stay. */
  stun?: readonly string[];
}

/**
 * @param named multiaddrs, taken as they are; or addresses of web pages, whose servers are asked to serve the network
 * @throws MeshError what {@link askAdmission} throws, `refused` for what is neither
 */
export async function findWays(
  named: readonly string[],
  { relayKey, token, fetch, stun: before = [] }: Asking,
): Promise<Ways> {
  const relays: string[] = [];
  const stun: string[] = before.filter((url) => named.some((name) => hostOf(name) === stunHost(url)));
  for (const name of named) {
    if (isRelayText(name)) relays.push(name);
    else if (/^https?:$/.test(URL.parse(name)?.protocol ?? '')) {
      const found = await askAdmission({
        origin: name,
        relayKey,
        fetch,
        ...(token === undefined ? {} : { token }),
      });
      relays.push(...found.addresses);
      stun.push(...found.stun);
    } else throw new MeshError('refused', 'A relay is a web address, or a multiaddr that begins with a slash.');
  }
  const most = <T>(all: T[]): T[] => [...new Set(all)].slice(0, MESH_LIMITS.relays);
  return { relays: most(relays), stun: most(stun) };
}

/** `/dns4/relay.example/tcp/443/tls/ws`: the host; undefined for what is no multiaddr. */
const hostOf = (name: string): string | undefined => (isRelayText(name) ? name.split('/')[2] : undefined);
/** `stun:relay.example:3478`, `stun:[2001:db8::1]:3478`. */
const stunHost = (url: string): string | undefined => /^stun:\[?(.*?)\]?(?::\d+)?$/.exec(url)?.[1];
