import { describe, expect, test } from 'vitest';
import { dropped, pickedFolder } from './dropped';

const file = (name: string, relative = ''): File =>
  Object.defineProperty(new File(['x'], name), 'webkitRelativePath', { value: relative });

/** As a browser hands out a dropped folder: a few entries a call, none at the end. */
function directory(name: string, children: readonly object[]): object {
  const createReader = () => {
    let at = 0;
    return { readEntries: (done: (some: readonly object[]) => void) => done(children.slice(at, (at += 2))) };
  };
  return { isDirectory: true, name, createReader };
}
const entry = (name: string): object => ({
  isDirectory: false,
  name,
  file: (done: (f: File) => void) => done(file(name)),
});
const transfer = (root: object | null, files: readonly File[]): DataTransfer =>
  ({ items: [{ webkitGetAsEntry: () => root }], files }) as unknown as DataTransfer;

describe('what a person drops or picks', () => {
  test('a folder: every file below it, named from inside it', async () => {
    const log = directory('log', [entry('entries.jsonl'), entry('checkpoint'), directory('tile', [entry('000')])]);
    const [found] = await dropped(transfer(directory('bundle', [entry('a'), entry('b'), log]), []));
    expect(found).toMatchObject({ name: 'bundle', bytes: 5 });
    const { files } = found!.input as { files: { path: string }[] };
    expect(files.map(({ path }) => path)).toEqual(['a', 'b', 'log/entries.jsonl', 'log/checkpoint', 'log/tile/000']);
  });

  test('files, and nothing', async () => {
    const found = await dropped(transfer(entry('1.tlog-proof'), [file('1.tlog-proof'), file('1.entry.json')]));
    expect(found.map(({ name }) => name)).toEqual(['1.tlog-proof', '1.entry.json']);
    expect(await dropped(transfer(null, []))).toEqual([]);
  });

  test('a picked folder loses its own name', () => {
    const found = pickedFolder([file('SHA256SUMS', 'my bundle/SHA256SUMS'), file('x', 'my bundle/log/x')]);
    expect(found?.name).toBe('my bundle');
    expect((found!.input as { files: { path: string }[] }).files.map(({ path }) => path)).toEqual([
      'SHA256SUMS',
      'log/x',
    ]);
    expect(pickedFolder([])).toBeUndefined();
  });
});
