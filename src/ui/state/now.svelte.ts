import { createSubscriber } from 'svelte/reactivity';

/** Relative times move on this often. */
const TICK_MS = 20_000;

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

/** The time of day, reactive: read inside markup or an effect it makes that run again. Ticks only while someone looks. */
export const now = {
  get value(): number {
    subscribe();
    return Date.now();
  },
};
