/** Whose request it is, where proxies stand in front: only a proxy that the operator named is believed. */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { RelayError } from './errors';

export class Proxies {
  readonly #trusted = new BlockList();
  readonly any: boolean;

  /** `names`: IP addresses or networks such as `10.0.0.0/8`. @throws RelayError `bad_option` */
  constructor(names: readonly string[]) {
    this.any = names.length > 0;
    for (const name of names) this.#add(name);
  }

  /**
   * The caller's IP address: the last in X-Forwarded-For that is no trusted proxy's own, when the request came from
   * one; else the socket's other end. What stands before it in the header, anybody may have written.
   */
  readonly addressOf = ({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string => {
    let address = plain(socket.remoteAddress ?? '0.0.0.0');
    const named = String(headers['x-forwarded-for'] ?? '').split(',');
    while (named.length > 0 && this.trusts(address)) {
      const before = plain(named.pop()!.trim());
      if (isIP(before) === 0) break;
      address = before;
    }
    return address;
  };

  trusts(address: string): boolean {
    return this.any && this.#trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }

  #add(name: string): void {
    const [address = '', bits, more] = name.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const most = family === 'ipv6' ? 128 : 32;
    const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN;
    if (isIP(address) === 0 || more !== undefined || !(prefix <= most)) {
      throw new RelayError('bad_option', `--trusted-proxy ${name} is no address and no network`, {
        advice: 'Give what the proxy calls from, e.g. 127.0.0.1 or 10.0.0.0/8.',
      });
    }
    this.#trusted.addSubnet(address, prefix, family);
  }
}

/** An IPv4 address is the same whether the socket is of IPv4 or of both. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
