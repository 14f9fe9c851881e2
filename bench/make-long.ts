/** Writes a bundle of `count` entries, and the key that it is to be checked with: make-long.mjs <count> <zip>. */
import { writeFile } from 'node:fs/promises';
import { loadCedar } from '../cli/home/cedar';
import { publicKeyPem } from '../src/crypto';
import { longBundle } from '../src/verify/testing/long';
import { makeSample } from '../src/verify/testing/sample';

const [count, path] = process.argv.slice(2) as [string, string];
const sample = await makeSample(await loadCedar());
let bytes = 0;
const zip = await longBundle(sample, Number(count), (line) => (bytes += line.length));
await writeFile(path, zip);
await writeFile(`${path}.pem`, publicKeyPem(sample.keys.governance.publicKey));
console.log(JSON.stringify({ zip: zip.length, log: bytes }));
