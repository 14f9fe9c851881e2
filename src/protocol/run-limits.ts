/** Which limits a run has, by what its order states: the node runs by them, and whoever judges its record repeats them. */
import type { ExecutionRecord } from './execution';
import { LIMITS } from './limits';

type RunLimits = ExecutionRecord['limits'];

/** Limits as intents state them: those that came with metering may be left out. */
export type StatedLimits = Pick<RunLimits, 'memoryPages' | 'wallMs' | 'outputBytes'> & {
  [K in 'gas' | 'hostCalls' | 'hostBytes']?: number | undefined;
};

export const fullLimits = ({ memoryPages, wallMs, outputBytes, ...rest }: StatedLimits): RunLimits => ({
  memoryPages,
  wallMs,
  outputBytes,
  gas: rest.gas ?? LIMITS.skillGas,
  hostCalls: rest.hostCalls ?? LIMITS.skillHostCalls,
  hostBytes: rest.hostBytes ?? LIMITS.skillHostBytes,
});

/** Nominal: compiled code burns between 0.3 and 3 billion units a second (docs/metering.md). */
export const GAS_PER_SECOND = 1_000_000_000;
const IPPC_PER_SECOND = 50;
/** Of a price's unit, millionths of an IPPC. */
export const MICRO = 1_000_000;
/** 20 units of gas cost one micro-IPPC: whole numbers, so that every machine agrees. */
export const GAS_PER_MICRO = GAS_PER_SECOND / (IPPC_PER_SECOND * MICRO);

/** The gas of a limit, or less where a budget of micro-IPPC does not pay for it. */
export const gasWithin = (gas: number, budget: number): number => Math.min(gas, budget * GAS_PER_MICRO);
