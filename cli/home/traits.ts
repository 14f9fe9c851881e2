import { cpus, hostname, platform, totalmem } from 'node:os';
import type { DeviceTraits } from '../../src/identity';

/** Stable facts of this machine. Memory in whole GiB: kernels differ by a few MiB from start to start. */
export function machineTraits(): DeviceTraits {
  return {
    realm: 'node',
    platform: platform(),
    hostname: hostname(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memory_gib: Math.round(totalmem() / 1024 ** 3),
  };
}
