/** The suite in a browser's worker over IndexedDB, as the node keeps it. */
import { loadCedar } from '../../src/policy/web';
import { openIdbStorage } from '../../src/storage';
import type { BenchAnswer } from '../realm';
import { runSuite, type Sizes } from '../suite';

const scope = self as unknown as DedicatedWorkerGlobalScope;
let stores = 0;

scope.onmessage = async ({ data }: MessageEvent<Sizes>) => {
  scope.postMessage(await answer(data));
};

async function answer(sizes: Sizes): Promise<BenchAnswer> {
  try {
    const figures = await runSuite({ openStorage, loadCedar }, sizes);
    return { type: 'figures', figures };
  } catch (error) {
    return { type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function openStorage() {
  const storage = await openIdbStorage(`bench-${String(stores++)}`);
  await storage.claimWriter();
  return storage;
}
