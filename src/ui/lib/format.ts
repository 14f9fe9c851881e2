/** `ab12…89ef`: enough to recognise, never enough to compare. */
export const shortHash = (hash: string): string => (hash.length > 9 ? `${hash.slice(0, 4)}…${hash.slice(-4)}` : hash);

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
/** Decimal units, as disks and browsers count. */
export function bytes(n: number): string {
  const unit = Math.min(UNITS.length - 1, n < 1000 ? 0 : Math.floor(Math.log10(n) / 3));
  const value = n / 1000 ** unit;
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

export function duration(ms: number): string {
  if (ms < 1) return '<1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1).replace('.0', '')} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1000)} s`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];
/** `3 minutes ago`, `in 6 days`, `just now`. */
export function ago(then: number, now: number): string {
  const difference = then - now;
  for (const [unit, ms] of STEPS) {
    if (Math.abs(difference) >= ms) return relative.format(Math.trunc(difference / ms), unit);
  }
  return 'just now';
}

/** Local date and time to the second, with its zone. */
export const absolute = (then: number): string =>
  new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(then);

/** Of millionths. */
export const ippc = (micro: number): string =>
  `${(micro / 1_000_000).toLocaleString('en', { maximumFractionDigits: 6 })} IPPC`;
/** To millionths; undefined for an empty field. */
export const inMicro = (value: number | null | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Math.floor(value * 1_000_000);

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en')} ${n === 1 ? one : many}`;
