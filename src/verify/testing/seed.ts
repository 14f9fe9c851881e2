/**
 * The seed of a run's random inputs, printed; `SEED=…` gives the same again. Fresh each time by hand, the same for the
 * gate, which judges a change and not the day's luck.
 */
export function freshSeed(what: string): number {
  const seed = Number(process.env['SEED'] ?? (process.env['CI'] ? 20_261_121 : Date.now() & 0x7fffffff));
  console.info(`${what}: SEED=${seed}`);
  return seed;
}
