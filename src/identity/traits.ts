import type { DeviceTraits } from './types';

/** What is read of a worker's `navigator`; the last two only Chromium has. */
interface Facts {
  readonly platform: string;
  readonly hardwareConcurrency: number;
  readonly deviceMemory?: number;
  readonly userAgentData?: { readonly brands: readonly { readonly brand: string }[] };
}

/**
 * Stable facts of the browser's device, from inside a worker or a window. Brave answers with other random core and memory
 * counts in every session, which would look like another device, so there they are left out.
 */
export function browserTraits(facts: Facts = navigator, origin = location.origin): DeviceTraits {
  const { platform, hardwareConcurrency, deviceMemory, userAgentData } = facts;
  const traits = { realm: 'browser', origin, platform };
  if (userAgentData?.brands.some(({ brand }) => brand === 'Brave')) return traits;
  return { ...traits, hardwareConcurrency, ...(deviceMemory === undefined ? {} : { deviceMemory }) };
}
