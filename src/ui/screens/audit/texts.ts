export const TEXTS = {
  title: 'Audit',
  intro: 'Every act of this node, one line each. Each line carries the hash of the line before it.',
  none: 'No entry matches',
  noneText: 'Nothing in the part of the log that was searched fits this filter.',
  failed: 'The log could not be read',
  kept: 'The log itself was not touched.',
} as const;
