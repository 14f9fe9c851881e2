export const TEXTS = {
  title: 'Skills',
  intro: 'Small programs that run in a closed room: each gets the input you give, and only what you allow it.',
  empty: 'No skills in this build',
  emptyText: 'Skills ship with the app. This copy was built without them.',
  noSuch: 'It was never installed here, or the link is wrong.',
  installTitle: 'Install a skill',
  installText:
    'From a link, from the two files that its author gave you, or from a member of your mesh that has it. It is checked and described first; you see what it may do before anything is installed.',
  linkHint: 'Of this server, or of one that lets other pages read it and that this server allows.',
  hash: 'SHA-256 of a manifest that a member has',
  hashHint:
    'It stands on the page of the skill there, under Manifest. Any member may have given it: the hash is checked.',
  hashForm: '64 digits and letters from a to f',
  fetching: 'Asking the members',
  fetchStopped: 'Stopped. What came so far is kept for the next time.',
  authorsTitle: 'Authors',
  noAuthors:
    'No skill from outside is installed, and no author is trusted yet. The first one you install is a question.',
  notRun: 'The skill did not run',
  kept: 'Your input is still here.',
  spendHint: 'Empty: as much as its gas allows. A second of computing, 10⁹ gas, costs 50 IPPC.',
  where: 'Run it on',
  here: 'This device',
  whereHint:
    'Another device runs it when its owner let you, under Mesh. It gets your input; what it answers is believed only as far as it is proven.',
  believed:
    'This shows what it signed and wrote down, not that its machine computed it: run it again here to see that.',
  runHere: 'Run again here and compare',
  stoppedEarly: 'Nothing was run. If it waited for your yes, the question stays under Approvals.',
  inspectTitle: 'Look into a module',
  inspectText: 'Choose any .wasm file. It is described or refused, not run.',
  tryOwn: 'Try it',
  tryOwnText:
    'It is not one of the pinned skills, so each run waits for your approval. It gets no capability, 16 MiB of memory and 30 seconds.',
  ownInput: 'whatever the module expects',
} as const;
