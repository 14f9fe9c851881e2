/** What a skill hears in place of an answer: its message is the node's own words, and part of the run's record. */
export class WorldError extends Error {
  override readonly name = 'WorldError';
}
