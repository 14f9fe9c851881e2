import type { Component } from 'svelte';
import House from '@lucide/svelte/icons/house';
import Network from '@lucide/svelte/icons/network';
import Puzzle from '@lucide/svelte/icons/puzzle';
import Scale from '@lucide/svelte/icons/scale';
import ScrollText from '@lucide/svelte/icons/scroll-text';
import Settings from '@lucide/svelte/icons/settings';
import ShieldCheck from '@lucide/svelte/icons/shield-check';
import Stamp from '@lucide/svelte/icons/stamp';
import Workflow from '@lucide/svelte/icons/workflow';
import type { ScreenName } from './route';

export interface NavItem {
  screen: ScreenName;
  label: string;
  icon: Component<{ size?: number; strokeWidth?: number }>;
  /** Second key after `g`. */
  key: string;
}

export const NAV: readonly NavItem[] = [
  { screen: 'home', label: 'Home', icon: House, key: 'h' },
  { screen: 'pipelines', label: 'Pipelines', icon: Workflow, key: 'p' },
  { screen: 'approvals', label: 'Approvals', icon: Stamp, key: 'a' },
  { screen: 'audit', label: 'Audit', icon: ScrollText, key: 'u' },
  { screen: 'skills', label: 'Skills', icon: Puzzle, key: 's' },
  { screen: 'mesh', label: 'Mesh', icon: Network, key: 'm' },
  { screen: 'policies', label: 'Policies', icon: Scale, key: 'o' },
  { screen: 'verify', label: 'Verify', icon: ShieldCheck, key: 'v' },
  { screen: 'settings', label: 'Settings', icon: Settings, key: ',' },
];

/** On a phone four places and `More`. */
export const BAR = NAV.slice(0, 4);
export const MORE = NAV.slice(4);
