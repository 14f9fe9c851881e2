/** A name as a bundle may hold it: see `pathFlaw`. */
export const plainName = (name: string): string =>
  name
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[.-]/, '_')
    .slice(0, 100) || '_';

/**
 * Gives out file names: the same content under the same name once, another content under the next free one (`name-2`).
 * Upper and lower case count as the same, as they do on some file systems.
 */
export class FileNames {
  readonly #taken = new Map<string, string>();

  /** @param content tells contents apart; `isNew` is false when that content has the name already. */
  add(path: string, content: string): { path: string; isNew: boolean } {
    let free = path;
    for (let n = 2; this.#taken.has(free.toLowerCase()); n++) {
      if (this.#taken.get(free.toLowerCase()) === content) return { path: free, isNew: false };
      free = `${path}-${n}`;
    }
    this.#taken.set(free.toLowerCase(), content);
    return { path: free, isNew: true };
  }
}
