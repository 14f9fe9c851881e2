import { isMap, isScalar, isSeq, parseDocument, type Pair, type Scalar, type YAMLMap } from 'yaml';

/** A data set that a pipeline document names. */
export interface DatasetUse {
  file: string;
  sha256: string | undefined;
}

/** The data sets in a document, each file once. A broken document has those that can be read. */
export function datasetsIn(yaml: string): DatasetUse[] {
  const uses = new Map<string, DatasetUse>();
  for (const { file, sha256 } of places(yaml)) {
    const name = String(file.value);
    if (!uses.has(name)) uses.set(name, { file: name, sha256: sha256 ? String(sha256.value) : undefined });
  }
  return [...uses.values()];
}

/** The same text with `sha256` of every data set `file` set. All else, comments included, stays byte for byte. */
export function withDatasetHash(yaml: string, file: string, sha256: string): string {
  const edits = places(yaml).filter((place) => String(place.file.value) === file);
  return edits.reduceRight((text, place) => edit(text, place, sha256), yaml);
}

/** The document's own description, or an empty string. */
export function descriptionOf(yaml: string): string {
  const text: unknown = parseDocument(yaml, { strict: false, logLevel: 'silent' }).get('description');
  return typeof text === 'string' ? text : '';
}

interface Place {
  map: YAMLMap;
  file: Scalar;
  sha256: Scalar | undefined;
}

function places(yaml: string): Place[] {
  const stages = parseDocument(yaml, { strict: false, logLevel: 'silent' }).get('stages');
  if (!isSeq(stages)) return [];
  return stages.items.flatMap((stage) => {
    const map = isMap(stage) ? stage.get('dataset') : undefined;
    if (!isMap(map)) return [];
    const file = scalar(map, 'file');
    return file?.range ? [{ map, file, sha256: scalar(map, 'sha256') }] : [];
  });
}

function scalar(map: YAMLMap, key: string): Scalar | undefined {
  const pair = map.items.find((item: Pair) => isScalar(item.key) && item.key.value === key);
  return isScalar(pair?.value) ? pair.value : undefined;
}

function edit(text: string, { map, file, sha256 }: Place, digest: string): string {
  if (sha256?.range) return text.slice(0, sha256.range[0]) + digest + text.slice(sha256.range[1]);
  const end = file.range![1];
  if (map.flow) return `${text.slice(0, end)}, sha256: ${digest}${text.slice(end)}`;
  const key = map.items.find((item: Pair) => item.value === file)?.key as Scalar;
  const column = key.range![0] - (text.lastIndexOf('\n', key.range![0]) + 1);
  const lineEnd = text.indexOf('\n', end) < 0 ? text.length : text.indexOf('\n', end);
  return `${text.slice(0, lineEnd)}\n${' '.repeat(column)}sha256: ${digest}${text.slice(lineEnd)}`;
}
