const READING = 'Reading the bundle';
const STEPS: Readonly<Record<string, string>> = {
  zip: 'Comparing the zip with its own hash',
  files: 'Reading the files',
  log: 'Checking the log, entry by entry',
  statements: 'Checking the signed statements',
  executions: 'Making the runs of skills again',
  blocks: 'Checking the blocks',
  artifacts: 'Checking the artifacts',
};

/** What the verifier is at, for a person. */
export const stepText = (step: string): string => STEPS[step] ?? READING;
