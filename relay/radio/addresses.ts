/** IP addresses in and out of multiaddrs. */
import { isIPv6 } from 'node:net';
import { multiaddr } from '@multiformats/multiaddr';
import type { Multiaddr } from '@multiformats/multiaddr';

/** Where a caller is, as libp2p wants it. */
export const callerAddress = (address: string, port: number): Multiaddr =>
  multiaddr(`/${isIPv6(address) ? 'ip6' : 'ip4'}/${address.replace(/%.*$/, '')}/tcp/${String(port)}/ws`);

/** The IP address that {@link callerAddress} was given. */
export const addressIn = (address: Multiaddr): string => address.getComponents()[0]?.value ?? '';
