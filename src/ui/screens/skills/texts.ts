export const TEXTS = {
  title: 'Skills',
  intro: 'Small programs that run in a closed room: no network, no files, only the input you give.',
  empty: 'No skills in this build',
  emptyText: 'Skills ship with the app. This copy was built without them.',
  notRun: 'The skill did not run',
  kept: 'Your input is still here.',
  inspectTitle: 'Look into a module',
  inspectText: 'Choose any .wasm file. It is described or refused, not run.',
  tryOwn: 'Try it',
  tryOwnText:
    'It is not one of the pinned skills, so each run waits for your approval. It gets no capability, 16 MiB of memory and 5 seconds.',
  ownInput: 'whatever the module expects',
} as const;
