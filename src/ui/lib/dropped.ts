import type { VerifyInput } from '../../host/verify-client';

/** What a person dropped or picked, and what to call it. */
export interface Dropped {
  name: string;
  bytes: number;
  input: VerifyInput;
}

export const oneFile = (file: File): Dropped => ({
  name: file.name,
  bytes: file.size,
  input: { file, name: file.name },
});

/** Files of a folder; paths are from inside it. */
export function folder(name: string, files: readonly { path: string; blob: Blob }[]): Dropped {
  return { name, bytes: files.reduce((n, { blob }) => n + blob.size, 0), input: { files: [...files] } };
}

/** From `<input type="file" webkitdirectory>`: every path begins with the folder's own name. */
export function pickedFolder(files: Iterable<File>): Dropped | undefined {
  const all = [...files];
  const name = all[0]?.webkitRelativePath.split('/')[0];
  if (name === undefined) return undefined;
  return folder(
    name,
    all.map((file) => ({ path: file.webkitRelativePath.slice(name.length + 1), blob: file })),
  );
}

/** The first folder of a drop, or its files. It has to be called while the drop is handled: later the list is empty. */
export async function dropped(data: DataTransfer): Promise<Dropped[]> {
  const entry = data.items[0]?.webkitGetAsEntry();
  const files = [...data.files];
  return entry?.isDirectory ? [await droppedFolder(entry as FileSystemDirectoryEntry)] : files.map(oneFile);
}

async function droppedFolder(root: FileSystemDirectoryEntry): Promise<Dropped> {
  const files: { path: string; blob: Blob }[] = [];
  const walk = async (directory: FileSystemDirectoryEntry, prefix: string): Promise<void> => {
    for (const entry of await entriesOf(directory)) {
      const path = prefix + entry.name;
      if (entry.isDirectory) await walk(entry as FileSystemDirectoryEntry, `${path}/`);
      else files.push({ path, blob: await fileOf(entry as FileSystemFileEntry) });
    }
  };
  await walk(root, '');
  return folder(root.name, files);
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });

/** A reader hands out some at a time, and none at the end. */
async function entriesOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return all;
    all.push(...some);
  }
}
