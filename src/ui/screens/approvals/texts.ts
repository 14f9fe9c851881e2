export const TEXTS = {
  title: 'Approvals',
  intro: 'Where a policy asks for a person, the work waits here. You approve one exact act; a changed one asks again.',
  empty: 'Nothing waits for you',
  emptyText: 'When a pipeline wants something that a policy reserves to you, such as a promotion, it appears here.',
  history: 'Earlier decisions',
  noHistory: 'No decision yet. Each one is a line in the log.',
  notDecided: 'Your decision was not recorded',
  note: 'Personal: the log gets its hash only. You choose in each export whether to show it, and can erase it.',
  kept: 'The request still waits, and nothing was done.',
  editTitle: { always: 'Always allow this', never: 'Never allow this' },
  editText: {
    always: 'This signs a new version of your policies with the rule below, and allows the request.',
    never: 'This signs a new version of your policies with the rule below, and refuses the request.',
  },
} as const;
