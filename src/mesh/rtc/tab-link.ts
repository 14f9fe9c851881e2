import { Batch, parseBatch, Turns, type Call, type Candidate, type ConnectionFacts, type Description } from '../lend';
import type { FromTab, ToTab } from '../lend';
import type { StandInChannel } from './data-channel';
import { closedError } from './handlers';
import type { StandInConnection } from './peer-connection';

/** A port to a tab's WebRTC, and what tells that the tab is gone. */
export interface LentRtc {
  port: MessagePort;
  gone: Promise<unknown>;
}

interface Answer {
  result: unknown;
  facts: ConnectionFacts;
}

/** One tab's WebRTC as the worker sees it. Everything that was made through it ends with it. */
export class TabLink {
  readonly connections = new Map<number, StandInConnection>();
  readonly channels = new Map<number, StandInChannel>();
  isOver = false;
  readonly #turns = new Turns();
  readonly #out = new Batch<ToTab>(this.#turns);
  readonly #calls = new Map<number, { resolve: (answer: Answer) => void; reject: (error: unknown) => void }>();
  readonly #inbox: FromTab[] = [];
  #turning = false;
  #names = 0;

  /** Usable at once: what is asked of it waits for the port. */
  constructor(lent: Promise<LentRtc>) {
    lent.then(
      ({ port, gone }) => {
        port.onmessage = ({ data }: MessageEvent<unknown>) => {
          this.#inbox.push(...parseBatch<FromTab>(data));
          if (!this.#turning) this.#work();
        };
        this.#out.start(port);
        void gone.catch(() => undefined).then(() => this.#end(port));
      },
      () => this.#end(),
    );
  }

  name(): number {
    return (this.#names += 1);
  }

  post(message: ToTab, bytes?: ArrayBuffer): void {
    if (!this.isOver) this.#out.push(message, bytes);
  }

  call(connection: number, method: Call, argument?: Description | Candidate): Promise<Answer> {
    if (this.isOver) return Promise.reject(closedError('the tab'));
    const call = this.name();
    this.post({ type: 'call', connection, call, method, ...(argument ? { argument } : {}) });
    return new Promise((resolve, reject) => this.#calls.set(call, { resolve, reject }));
  }

  /**
   * Bytes back to back, everything else in a task of its own, as in a browser: libp2p awaits between 'connected', the
   * first channel's 'open' and its 'close', and misses what comes in the same task.
   */
  #work(): void {
    this.#turning = false;
    for (let said = this.#inbox.shift(); said; said = this.#inbox.shift()) {
      this.#hear(said);
      if (said.type === 'message' || said.type === 'sent' || this.#inbox.length === 0) continue;
      this.#turning = true;
      this.#turns.add(() => this.#work());
      return;
    }
  }

  #hear(said: FromTab): void {
    if ('connection' in said) this.connections.get(said.connection)?.hear(said);
    else if ('channel' in said) this.channels.get(said.channel)?.hear(said);
    else this.#answered(said);
  }

  #answered(said: Extract<FromTab, { call: number }>): void {
    const call = this.#calls.get(said.call);
    this.#calls.delete(said.call);
    if (said.type === 'answer') call?.resolve(said);
    else call?.reject(new DOMException(said.message, said.name));
  }

  #end(port?: MessagePort): void {
    this.isOver = true;
    this.#inbox.length = 0;
    for (const { reject } of this.#calls.values()) reject(closedError('the tab'));
    this.#calls.clear();
    for (const connection of [...this.connections.values()]) connection.die();
    port?.close();
    this.#turns.close();
  }
}
