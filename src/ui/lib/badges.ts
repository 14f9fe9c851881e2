import type { RunState, StageState } from '../../pipeline/types';
import type { SubsystemHealth } from '../../protocol/messages';
import type { Verdict } from '../../verify/types';

export type BadgeKind =
  'pass' | 'fail' | 'refused' | 'unknown' | 'warning' | 'waiting' | 'asking' | 'running' | 'stopped';
export type Badge = readonly [BadgeKind, string];

export const VERDICT_BADGES: Record<Verdict, Badge> = {
  pass: ['pass', 'Passed'],
  fail: ['fail', 'Failed'],
  unknown: ['unknown', 'Not known'],
};

export const STAGE_BADGES: Record<StageState, Badge> = {
  waiting: ['waiting', 'Waiting'],
  running: ['running', 'Running'],
  awaiting_approval: ['asking', 'Needs you'],
  completed: ['pass', 'Done'],
  failed: ['fail', 'Failed'],
  blocked: ['refused', 'Refused'],
  stopped: ['stopped', 'Stopped'],
};

export const RUN_BADGES: Record<RunState, Badge> = {
  running: ['running', 'Running'],
  awaiting_approval: ['asking', 'Needs you'],
  interrupted: ['warning', 'Interrupted'],
  stopped: ['stopped', 'Stopped'],
  completed: ['pass', 'Completed'],
  failed: ['fail', 'Failed'],
};

export const HEALTH_BADGES: Record<SubsystemHealth['state'], Badge> = {
  starting: ['waiting', 'Starting'],
  up: ['pass', 'Up'],
  restarting: ['warning', 'Restarting'],
  down: ['fail', 'Down'],
  idle: ['waiting', 'Idle'],
};
