import type { NodeEvent } from '../protocol/messages';

/** Fans events out to listeners. A listener that throws is dropped: it must not stop the others, nor the node. */
export class Events {
  readonly #listeners = new Set<(event: NodeEvent) => void>();

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: NodeEvent): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(event);
      } catch {
        this.#listeners.delete(listener);
      }
    }
  }
}
