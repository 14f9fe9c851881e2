import type { Cedar } from '..';

/** Cedar as a browser's worker loads it: 1.4 MB, fetched and compiled when it is first asked for, not with the worker. */
export async function loadCedar(): Promise<Cedar> {
  const cedar = await import('@cedar-policy/cedar-wasm/web');
  await cedar.default();
  return cedar;
}
