import { createContext } from 'svelte';
import type { NodeClient } from '../../protocol/client';
import type { NodeEvent, NodeStatus } from '../../protocol/messages';
import type { VerifyClient } from '../../host/verify-client';
import { Live } from './live.svelte';
import { Notices } from './notices.svelte';
import { Resource } from './resource.svelte';
import { Router } from './router.svelte';
import { Runs } from './runs.svelte';
import { Theme } from './theme.svelte';
import { Toasts } from './toasts.svelte';
import { Waiting } from './waiting.svelte';

/** What every screen shares. One for the whole window. */
export class App {
  readonly router = new Router();
  readonly theme = new Theme();
  readonly toasts = new Toasts();
  readonly live = new Live();
  readonly notices = new Notices();
  readonly client: NodeClient;
  readonly verifier: VerifyClient;
  readonly status: Resource<NodeStatus>;
  readonly runs: Runs;
  readonly waiting: Waiting;
  connected = $state(false);
  online = $state(true);

  constructor(client: NodeClient, verifier: VerifyClient) {
    this.client = client;
    this.verifier = verifier;
    this.status = new Resource(() => client.call('GetStatus'));
    this.runs = new Runs(client, this.live);
    this.waiting = new Waiting(client, this.status);
  }

  get ready(): boolean {
    return this.status.value?.phase === 'ready';
  }

  /** Begins to follow the node and the window; the answer ends it. */
  start(): () => void {
    this.connected = this.client.connected;
    this.online = navigator.onLine;
    this.notices.start();
    const setOnline = (): void => {
      this.online = navigator.onLine;
    };
    addEventListener('online', setOnline);
    addEventListener('offline', setOnline);
    const stops = [
      this.router.start(),
      this.theme.start(),
      this.client.onEvent((event) => this.#hear(event)),
      this.client.onConnection((connected) => this.#connection(connected)),
    ];
    void this.#readAll();
    return () => {
      removeEventListener('online', setOnline);
      removeEventListener('offline', setOnline);
      for (const stop of stops) stop();
    };
  }

  async #readAll(): Promise<void> {
    await this.status.reload();
    if (this.ready) await this.runs.list.reload();
    if (this.status.value?.mesh_peer_id) await this.waiting.members.reload();
  }

  #connection(connected: boolean): void {
    this.connected = connected;
    if (connected) void this.#readAll();
  }

  #hear(event: NodeEvent): void {
    if (event.type === 'run') this.runs.accept(event.run);
    if (event.type === 'mesh') this.waiting.members.reloadSoon();
    if (event.type === 'status' && !this.runs.list.value) void this.#readAll();
    if (event.type === 'resync') void this.#readAll();
    else this.status.reloadSoon();
  }
}

export const [useApp, provideApp] = createContext<App>();

/** Re-reads `resource` when the screen opens and whenever the node says that one of `types` changed. For a component's start. */
export function follow(app: App, resource: Resource<unknown>, ...types: NodeEvent['type'][]): void {
  $effect(() => {
    void resource.reload();
    return app.client.onEvent((event) => {
      if (event.type === 'resync' || types.includes(event.type)) resource.reloadSoon();
    });
  });
}
