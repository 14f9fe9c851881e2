import { splitTable } from '../../data/split';
import { readTable } from '../../data/table';
import { PipelineError, type DataPreparation } from '../../types';
import type { StageResult, StageWork } from '../stage';
import { linkStatement } from '../statement';

/** Reads the dataset by its hash, checks every row, and divides them the same way for ever. */
export async function prepare(work: StageWork, stage: DataPreparation): Promise<StageResult> {
  const { file, sha256: declared } = stage.dataset;
  const sha256 = work.record.status.datasets[file];
  if (sha256 === undefined) throw new PipelineError('dataset_missing', `There is no dataset ${file}.`);
  if (declared !== undefined && declared !== sha256) {
    throw new PipelineError('dataset_hash_mismatch', `${file} is not the file that the pipeline declares.`, {
      advice: 'Pick the right file, or correct its sha256 in the pipeline.',
      details: { expected: declared, actual: sha256 },
    });
  }
  work.progress(0, 3, 'reading the dataset');
  await work.effect('read_dataset', { type: 'Dataset', id: file }, { file, sha256 });
  const bytes = await work.read({ name: file, sha256, bytes: 0 });
  work.progress(1, 3, 'checking every row');
  const table = readTable(bytes, stage);
  const { train, test } = splitTable(table, stage.split.test_fraction, stage.split.seed);
  work.progress(2, 3, 'storing the two halves');
  const made = [await work.store('train.json', { ...train }), await work.store('test.json', { ...test })];
  const dataset = { name: file, sha256, bytes: bytes.length };
  const document = await work.store('pipeline.yaml', await work.document());
  // The inputs go along, so that a stranger who has the bundle can do it all again.
  const artifacts = [...made, dataset, document];
  const counts = { rows_train: train.rows.length, rows_test: test.rows.length, rows_dropped: table.dropped };
  const byproducts = { ...counts, features: train.features, classes: train.classes, split: { ...stage.split } };
  const dropped = table.dropped > 0 ? `, ${table.dropped} dropped` : '';
  const summary = `${train.rows.length} rows to train, ${test.rows.length} to test${dropped}`;
  return work.finish(linkStatement(work.facts(), artifacts, [dataset, document], byproducts), artifacts, summary);
}
