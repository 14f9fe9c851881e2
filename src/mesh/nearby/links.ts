import type { NearbyLink } from './link';

/** The links by codes that a node has: each open mesh of it uses them all. */
export class NearbyLinks {
  readonly #links = new Set<NearbyLink>();
  readonly #listeners = new Set<() => void>();

  list(): NearbyLink[] {
    return [...this.#links];
  }

  /** Told of each new one. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Until it is over. An earlier one to the same peer makes room. */
  add(link: NearbyLink): void {
    this.drop(link.peer);
    this.#links.add(link);
    void link.over.then(() => this.#links.delete(link));
    for (const listener of [...this.#listeners]) listener();
  }

  drop(peer: string): void {
    for (const link of this.#links) if (link.peer === peer) link.close();
  }

  close(): void {
    for (const link of this.#links) link.close();
  }
}
