export const TEXTS = {
  title: 'A node of your own',
  what: 'This page is your own node: it acts for you only where your policies permit it, and writes down every act.',
  proof: 'What it did can be handed to a stranger, who checks it offline without trusting you or us.',
  primary: 'Run the Iron Path',
  resume: 'Resume the run',
  watch: 'Watch it run',
  offline: 'Everything here works without a network.',
  runFailed: 'The run was not started',
  kept: 'Nothing was lost: keys, log and earlier runs are as they were.',
} as const;
