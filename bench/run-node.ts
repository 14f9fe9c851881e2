/** The suite in Node over files, as the terminal keeps them. Prints one line of JSON; scripts/bench.mjs reads it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCedar } from '../cli/home/cedar';
import { openFileStorage } from '../cli/home/storage';
import { benchIpc } from './ipc';
import { runSuite, SIZES } from './suite';
import { benchWitness } from './witness';

const directory = await mkdtemp(join(tmpdir(), 'sovereign-bench-'));
let stores = 0;
try {
  const figures = await runSuite(
    {
      openStorage: async () => {
        const storage = await openFileStorage(join(directory, String(stores++)));
        await storage.claimWriter();
        return storage;
      },
      loadCedar,
    },
    { ...SIZES, large: Number(process.argv[2] ?? SIZES.large) },
  );
  const witness = await benchWitness(join(directory, 'witness'));
  const ipc = await benchIpc(directory);
  console.log(JSON.stringify([...figures, ...witness, ...ipc]));
} finally {
  await rm(directory, { recursive: true, force: true });
}
