/** Whose request it is, where proxies stand in front: only a proxy that the operator named is believed. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Addresses and networks that somebody named. */
export class Subnets {
  readonly #list = new BlockList();
  readonly any: boolean;

  /** `names`: IP addresses or networks such as `10.0.0.0/8`. @throws RangeError for others; see {@link subnetOf} */
  constructor(names: readonly string[]) {
    this.any = names.length > 0;
    for (const name of names) {
      const subnet = subnetOf(name);
      if (!subnet) throw new RangeError(`${name} is no address and no network`);
      this.#list.addSubnet(subnet.address, subnet.prefix, subnet.family);
    }
  }

  has(address: string): boolean {
    return this.any && this.#list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

export class Proxies {
  readonly #trusted: Subnets;
  readonly any: boolean;

  /** `names`: as {@link Subnets} takes them. */
  constructor(names: readonly string[]) {
    this.#trusted = new Subnets(names);
    this.any = this.#trusted.any;
  }

  /**
   * The caller's IP address: the last in X-Forwarded-For that is no trusted proxy's own, when the request came from
   * one; else the socket's other end. What stands before it in the header, anybody may have written.
   */
  readonly addressOf = ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string => {
    let address = plainAddress(socket.remoteAddress ?? '0.0.0.0');
    const named = String(headers['x-forwarded-for'] ?? '').split(',');
    while (named.length > 0 && this.trusts(address)) {
      const before = plainAddress(named.pop()!.trim());
      if (isIP(before) === 0) break;
      address = before;
    }
    return address;
  };

  trusts(address: string): boolean {
    return this.#trusted.has(address);
  }
}

/** An address or network as its parts, or `undefined` when it is neither. */
export function subnetOf(name: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [address = '', bits, more] = name.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const most = family === 'ipv6' ? 128 : 32;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
  return isIP(address) !== 0 && more === undefined && prefix <= most ? { address, prefix, family } : undefined;
}

/** An IPv4 address is the same whether the socket is of IPv4 or of both. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
