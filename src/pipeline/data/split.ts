import { badDataset } from './csv';
import { Pcg32 } from './pcg32';
import type { Table } from './table';

/** What train.json and test.json hold. */
export interface Split {
  v: 1;
  features: string[];
  classes: string[];
  rows: number[][];
  labels: number[];
}

/** The generator's second argument; fixed, so that the seed alone names a split. */
const STREAM = 54n;

/**
 * A stratified split: of each class (in the order of `classes`) the rows are shuffled by Fisher and Yates, from the last
 * position down, with one PCG32 for all; the first round(n × fraction), at least 1 and at most n − 1, go to the test.
 * Within both halves rows keep the file's order. Same table, fraction and seed: same halves, on any machine.
 *
 * @throws PipelineError `bad_dataset` when a class has a single row.
 */
export function splitTable(table: Table, fraction: number, seed: number): { train: Split; test: Split } {
  const random = new Pcg32(BigInt(seed), STREAM);
  const testing = new Set<number>();
  const byClass = table.classes.map((): number[] => []);
  table.labels.forEach((label, i) => byClass[label]!.push(i));
  table.classes.forEach((name, label) => {
    const members = byClass[label]!;
    if (members.length < 2) badDataset(`the label "${name}" has one row; training and testing need one each`);
    for (let i = members.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [members[i], members[j]] = [members[j]!, members[i]!];
    }
    const count = Math.min(Math.max(Math.round(members.length * fraction), 1), members.length - 1);
    for (const i of members.slice(0, count)) testing.add(i);
  });
  const half = (test: boolean): Split => {
    const keep = table.rows.map((_, i) => i).filter((i) => testing.has(i) === test);
    const { features, classes } = table;
    return {
      v: 1,
      features,
      classes,
      rows: keep.map((i) => table.rows[i]!),
      labels: keep.map((i) => table.labels[i]!),
    };
  };
  return { train: half(false), test: half(true) };
}
