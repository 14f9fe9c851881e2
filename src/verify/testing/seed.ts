/** The seed of a run's random inputs: fresh each time, printed, and given back with `SEED=…` to have the same again. */
export function freshSeed(what: string): number {
  const seed = process.env['SEED'] === undefined ? Date.now() & 0x7fffffff : Number(process.env['SEED']);
  console.info(`${what}: SEED=${seed}`);
  return seed;
}
