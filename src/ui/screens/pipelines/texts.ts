export const TEXTS = {
  title: 'Pipelines',
  intro: 'Work in stages, written in YAML. Each stage needs its own permission and leaves evidence.',
  emptyRuns: 'No run yet',
  emptyRunsText: 'Every run is listed here with its stages, times and hashes. Open a pipeline and start it.',
  runKept: 'Finished stages, their artifacts and the log are kept.',
  notStarted: 'The run was not started',
  draftKept: 'Your text is still here, also after a reload.',
  nameHint: 'Letters, digits, spaces, - and _; it starts with a letter or a digit.',
  datasets: 'Data',
  datasetsText: 'Files that the stages read. The fingerprint in the YAML says exactly which bytes are meant.',
} as const;

export const PIPELINE_NAME = '[A-Za-z0-9][A-Za-z0-9 _\\-]{0,63}';
