/** After this a person should hear why they wait. */
const PATIENCE_MS = 6_000;

/** Becomes `over` after a while; for a component's start. */
export class Patience {
  over = $state(false);

  constructor() {
    $effect(() => {
      const timer = setTimeout(() => {
        this.over = true;
      }, PATIENCE_MS);
      return () => clearTimeout(timer);
    });
  }
}
