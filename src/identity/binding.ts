import { hex, jcsBytes, sha256Hex } from '../crypto';
import type { Random } from '../protocol/runtime';
import { IdentityError, type DeviceTraits } from './types';

/** Which device a record belongs to, without saying so to who reads it. */
export interface DeviceBinding {
  /** Hex, 16 random bytes of this install. */
  salt: string;
  /** Hex SHA-256 of the JCS of `{ salt, traits }`. */
  binding: string;
}

export function bindDevice(traits: DeviceTraits, random: Random): DeviceBinding {
  const salt = hex(random.bytes(16));
  return { salt, binding: digest(traits, salt) };
}

export const isBoundTo = (device: DeviceBinding, traits: DeviceTraits): boolean =>
  digest(traits, device.salt) === device.binding;

const digest = (traits: DeviceTraits, salt: string): string => sha256Hex(jcsBytes({ salt, traits }));

export function cloneSuspected(
  message = 'These keys belong to another device, or this device has changed',
): IdentityError {
  return new IdentityError('clone_suspected', message, {
    advice: 'If this is your device, bind it again with the recovery phrase.',
  });
}
