/** An EventTarget whose listeners may also be set as `on<type>`, as those of WebRTC are. */
export class Handlers extends EventTarget {
  fire(event: Event): void {
    const handler = (this as unknown as Record<string, unknown>)[`on${event.type}`];
    if (typeof handler === 'function') (handler as (event: Event) => void).call(this, event);
    this.dispatchEvent(event);
  }
}

export type Handler = ((event: never) => void) | null;

export const closedError = (what: string): DOMException => new DOMException(`${what} is closed`, 'InvalidStateError');
