/** Waiting items of several principals, taken in turns: who has many waiting delays himself and not the others. */
export class FairQueue<T> {
  /** In the order of turns. No list is empty. */
  readonly #lists = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  waiting(principal: string): number {
    return this.#lists.get(principal)?.length ?? 0;
  }

  push(principal: string, item: T): void {
    this.#list(principal).push(item);
    this.#size += 1;
  }

  /** Puts back what was taken: next of its principal's, and that one's turn is next. */
  putBack(principal: string, item: T): void {
    this.#list(principal).unshift(item);
    this.#size += 1;
    const others = [...this.#lists].filter(([name]) => name !== principal);
    for (const [name, list] of others) {
      this.#lists.delete(name);
      this.#lists.set(name, list);
    }
  }

  shift(): T | undefined {
    const first = this.#lists.entries().next();
    if (first.done) return undefined;
    const [principal, list] = first.value;
    const item = list.shift();
    this.#lists.delete(principal);
    if (list.length > 0) this.#lists.set(principal, list);
    this.#size -= 1;
    return item;
  }

  remove(principal: string, item: T): void {
    const list = this.#lists.get(principal);
    const place = list?.indexOf(item) ?? -1;
    if (!list || place === -1) return;
    list.splice(place, 1);
    if (list.length === 0) this.#lists.delete(principal);
    this.#size -= 1;
  }

  [Symbol.iterator](): Iterator<T> {
    return [...this.#lists.values()].flat()[Symbol.iterator]();
  }

  #list(principal: string): T[] {
    const list = this.#lists.get(principal) ?? [];
    this.#lists.set(principal, list);
    return list;
  }
}
