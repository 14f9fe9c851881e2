export const TEXTS = {
  title: 'Policies',
  intro: 'Rules in Cedar that say who may do what. What no rule permits is refused.',
  notSigned: 'The policies were not signed',
  kept: 'The policies in force did not change, and your text is still here.',
  unchanged: 'This is the text in force. Edit it to propose a change.',
  history: 'Versions',
} as const;
