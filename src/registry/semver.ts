/** SemVer 2.0.0 without build metadata: two versions that differ in nothing else would have no order. */
const VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*))?$/;
const LENGTH = 64;

export const isVersion = (text: string): boolean => text.length <= LENGTH && VERSION.test(text);

/** Below, equal or above zero, by SemVer's precedence (§11). Both must be versions. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)];
  for (let i = 0; i < 3; i++) {
    const order = numbers(left.core[i]!, right.core[i]!);
    if (order !== 0) return order;
  }
  // A release is above its own pre-releases.
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length;
  for (let i = 0; i < Math.min(left.pre.length, right.pre.length); i++) {
    const order = identifiers(left.pre[i]!, right.pre[i]!);
    if (order !== 0) return order;
  }
  return left.pre.length - right.pre.length;
}

function parse(version: string): { core: string[]; pre: string[] } {
  const [, major, minor, patch, pre] = VERSION.exec(version)!;
  return { core: [major!, minor!, patch!], pre: pre?.split('.') ?? [] };
}

function identifiers(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return numbers(a, b);
  // Numbers are below words.
  if (left !== right) return left ? -1 : 1;
  return texts(a, b);
}

/** Digits without leading zeros, of any length. */
const numbers = (a: string, b: string): number => a.length - b.length || texts(a, b);
const texts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
