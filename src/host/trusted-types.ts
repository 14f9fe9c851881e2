/**
 * Under `require-trusted-types-for 'script'` a plain string cannot become a script's address. Workers are the only
 * scripts this app starts, from its own origin, so the default policy lets those through and nothing else. Import it
 * first in every realm that starts one. Realms without Trusted Types have the rest of the CSP.
 */
interface TrustedTypes {
  createPolicy(name: 'default', rules: { createScriptURL(url: string): string }): unknown;
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };

trustedTypes?.createPolicy('default', { createScriptURL: sameOrigin });

function sameOrigin(url: string): string {
  const { origin, href } = new URL(url, location.href);
  if (origin !== location.origin) throw new TypeError(`a script from ${origin} is refused`);
  return href;
}
