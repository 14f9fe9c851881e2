/** Registers the service worker: `virtual:pwa-register`, which exists only where the build plugin runs. */
export type RegisterWorker = (options: {
  onNeedRefresh: () => void;
  onOfflineReady: () => void;
}) => (reload?: boolean) => Promise<void>;

/** A new version waits until the owner says so: nothing reloads under their hands. */
export class Update {
  ready = $state(false);
  #apply: ((reload?: boolean) => Promise<void>) | undefined;

  start(register: RegisterWorker, onOfflineReady: () => void): void {
    this.#apply = register({
      onNeedRefresh: () => {
        this.ready = true;
      },
      onOfflineReady,
    });
  }

  later(): void {
    this.ready = false;
  }

  apply(): void {
    void this.#apply?.(true);
  }
}
