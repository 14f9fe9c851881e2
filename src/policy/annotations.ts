import { LIMITS } from '../protocol/limits';

/** `@id` as it stands in orders, in the log and in Cedar's own command line. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const KNOWN = ['id', 'description', 'approval', 'approvals'];

export type Annotations = Readonly<Record<string, string>>;

/** Approvals that a permit asks for: 0 without `@approval("owner")`, else `@approvals("n")`, 1 when it is not given. */
export function demandOf(annotations: Annotations): number {
  if (annotations['approval'] === undefined) return 0;
  return Number(annotations['approvals'] ?? '1');
}

/** What is wrong with one policy's annotations. A misspelt `@approval` would drop the approval, so unknown ones are errors. */
export function annotationProblems(annotations: Annotations, effect: 'permit' | 'forbid'): string[] {
  const problems: string[] = [];
  for (const name of Object.keys(annotations)) {
    if (!KNOWN.includes(name)) problems.push(`unknown annotation @${name}; known are @${KNOWN.join(', @')}`);
  }
  const { id, approval, approvals } = annotations;
  if (id === undefined) problems.push('every policy needs a name: @id("...") before it');
  else if (!ID.test(id)) problems.push(`@id("${id}"): letters, digits, '.', '_' and '-' only, at most 64`);
  if (approval !== undefined && approval !== 'owner')
    problems.push(`@approval("${approval}"): only "owner" can approve`);
  if (approvals !== undefined && approval === undefined) problems.push('@approvals needs @approval("owner")');
  if (approvals !== undefined && !validCount(approvals)) {
    problems.push(`@approvals("${approvals}"): a whole number from 1 to ${LIMITS.approversPerAction}`);
  }
  if (effect === 'forbid' && (approval ?? approvals) !== undefined) {
    problems.push('a forbid cannot ask for an approval: it forbids');
  }
  return problems;
}

const validCount = (text: string): boolean => /^[1-9][0-9]?$/.test(text) && Number(text) <= LIMITS.approversPerAction;
