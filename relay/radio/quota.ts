/** How many of something each address has now. */
import { isIPv6 } from 'node:net';

export class Quota {
  readonly #most: number;
  readonly #mostEach: number;
  readonly #held = new Map<string, number>();
  #total = 0;

  constructor(most: number, mostEach: number) {
    this.#most = most;
    this.#mostEach = mostEach;
  }

  get total(): number {
    return this.#total;
  }

  /** @returns what gives it back (once, however often called), or `undefined` when there is none left */
  take(address: string): (() => void) | undefined {
    const count = this.#held.get(address) ?? 0;
    if (this.#total >= this.#most || count >= this.#mostEach) return undefined;
    this.#held.set(address, count + 1);
    this.#total++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#total--;
      const left = this.#held.get(address)! - 1;
      if (left === 0) this.#held.delete(address);
      else this.#held.set(address, left);
    };
  }
}

/** Whom a quota counts: an IPv4 address, or the /64 network of an IPv6 one, which one customer is given whole. */
export const holderOf = (address: string): string => networkOf(address, 64);

/** Where an address is: the /48 network of an IPv6 one, the most that one site is given; an IPv4 address itself. */
export const siteOf = (address: string): string => networkOf(address, 48);

function networkOf(address: string, bits: 48 | 64): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const plain = address.replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array<string>(zeros).fill('0'), ...last];
  return `${groups
    .slice(0, bits / 16)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/${String(bits)}`;
}
