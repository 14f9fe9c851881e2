import { SkillError, type SkillAbi } from '../types';
import { extism } from './extism';
import { quickjs } from './quickjs';
import { raw } from './raw';
import type { Abi } from './types';
import { wasi } from './wasi';

const ABIS: Record<SkillAbi, Abi> = { raw, extism, wasi, quickjs };

/** @throws SkillError `bad_request` for one that this version does not run */
export function abiOf(name: SkillAbi): Abi {
  const abi = ABIS[name];
  if (abi) return abi;
  throw new SkillError('bad_request', `This version does not run skills of the ABI “${name}”.`, {
    advice: 'Use a newer version.',
  });
}
