import { formatCosignerVkey, parseCosignerVkey, parseWitnessPolicy } from '../src/crypto';
import type { Params } from '../src/protocol/messages';

export type ChosenWitnesses = Params<'SetWitnesses'>;

/**
 * What `--witness` names, or `undefined` when it was not given: addresses with their keys (any one of them is enough),
 * or one policy file, which says how many.
 *
 * @param read text of a file
 * @throws Error with a sentence for the user; whatever `read` throws
 */
export async function readWitnesses(
  given: readonly string[],
  read: (path: string) => Promise<string>,
): Promise<ChosenWitnesses | undefined> {
  if (given.length === 0) return undefined;
  const pairs = given.filter((value) => value.includes('#'));
  if (pairs.length === given.length) return { witnesses: pairs.map(readPair), quorum: 1 };
  if (given.length > 1) throw new Error('Give either one policy file with --witness, or addresses with their keys.');
  return fromPolicy(await read(given[0]!), given[0]!);
}

function readPair(value: string): ChosenWitnesses['witnesses'][number] {
  const at = value.indexOf('#');
  const [url, vkey] = [value.slice(0, at), value.slice(at + 1)];
  if (!URL.canParse(url) || !parseCosignerVkey(vkey)) {
    throw new Error(`--witness ${value}: give the address of a witness, # and its vkey.`);
  }
  return { name: new URL(url).host.replaceAll(/[^A-Za-z0-9.]+/g, '-').replace(/^-/, ''), url, vkey };
}

/** A node counts its witnesses alike, so the quorum must be one group of all of them, or one witness. */
function fromPolicy(text: string, path: string): ChosenWitnesses {
  const { witnesses, urls, groups, quorum } = parseWitnessPolicy(text);
  const chosen = [...witnesses].map(([name, key]) => {
    const url = urls.get(name);
    if (url === undefined) throw new Error(`${path} has no address for the witness ${name}.`);
    return { name, url, vkey: formatCosignerVkey(key) };
  });
  const group = groups.find(({ name }) => name === quorum);
  const all = chosen.length === 1 && quorum === chosen[0]!.name ? 1 : undefined;
  const threshold = group?.members.length === chosen.length && groups.length === 1 ? group.threshold : all;
  if (threshold === undefined)
    throw new Error(`${path}: a node asks for some number of all its witnesses; write one group.`);
  return { witnesses: chosen, quorum: threshold };
}
