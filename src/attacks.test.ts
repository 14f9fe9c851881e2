/**
 * What the seed's implementation gets wrong, attack by attack, and the tests that show it refused here. They stand beside
 * the code that refuses; this is their table. A row whose test was renamed, left out or switched off fails.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** File → titles of its tests. */
type Shown = Record<string, readonly string[]>;

const ORDER = 'src/governance/order.test.ts';
const ROLES = 'src/governance/roles.test.ts';
const STATE = 'src/governance/state.test.ts';
const RULES = 'src/verify/rules/rules.test.ts';
const RECOVER = 'src/audit/recover.test.ts';
const BUNDLE = 'src/verify/attacks.test.ts';
const OPERATOR = 'src/verify/operator.test.ts';
const CLI = 'cli/verify.test.ts';
const PAGE = 'e2e/attacks.spec.ts';
const EVIDENCE = 'e2e/attacks-evidence.spec.ts';

const TABLE: Record<string, Shown> = {
  'relabel a role signature viewer → admin': {
    [ROLES]: ['relabelled from auditor to owner is refused'],
    [RULES]: ['relabel a role signature'],
  },
  "role, config or binding signed with the attacker's own key (key taken from the object itself)": {
    [ROLES]: ["signed with the attacker's own key, named inside it, is refused"],
    [STATE]: ["a snapshot signed with the attacker's key"],
    [ORDER]: [
      "a foreign order, signed with the attacker's own key, is refused",
      'a key inside the order makes it malformed',
    ],
    [RULES]: [
      'a role signed with another key, that key named inside it',
      'a configuration signed with another key',
      'an order signed with another key',
    ],
  },
  'kernel runs on a binding made elsewhere': {
    [ORDER]: ['the kernel runs on an order made elsewhere: no, even if rightly signed'],
    [RULES]: ['an effect without an order'],
  },
  'one binding replayed for 50 different actions': {
    [ORDER]: [
      'one order replayed for 50 different actions passes for none of them',
      'one order replayed 50 times passes once',
    ],
    [RULES]: ['one order replayed', 'an effect done twice under one order'],
    [EVIDENCE]: ['replay an order: no request takes one, whoever has it'],
  },
  'policy says deny, binding still made': {
    [ORDER]: ['policy says deny but an order was made anyway: its digest names the policies, and it was never logged'],
    'src/verify/replay/attacks.test.ts': ['turns a denial into an execution'],
    [PAGE]: ['policy says deny: nothing happens, and the log says who decided'],
  },
  'switch the runtime off on the kernel object': {
    'src/governance/no-switch.test.ts': [
      'no property of it can be replaced',
      'setting what the seed had as a switch changes nothing',
      'only the kernel calls an executor',
    ],
    'src/node/realm/door.test.ts': ['ATTACK: no frame sets, reads, constructs or reaches past the functions'],
    [EVIDENCE]: ['switch the runtime off: no request and no frame to the worker does'],
  },
  'edit an entry and rehash the rest, without any key': {
    [RECOVER]: ['edit an entry and rehash the rest, without any key'],
    [BUNDLE]: ['edit an entry and rehash the rest'],
    [PAGE]: ['a tampered log entry in the database: the node halts, says why and how to get out'],
  },
  'cut the tail, cut the head, delete the log': {
    [RECOVER]: ['cut the tail', 'cut the head', 'delete the log'],
    'src/node/node.test.ts': [
      'cut the tail: log_rolled_back',
      'delete the log: log_rolled_back, because its checkpoint is still there',
    ],
    [BUNDLE]: ['cut the tail', 'cut the head, and rehash', 'delete the log'],
    [PAGE]: ['cut the tail in the database: rolled back'],
  },
  'torn write; two writers at once': {
    [RECOVER]: [
      'torn write: cut off at the last LF, told, and the log goes on',
      'two writers at once: the earlier one stops, the log stays whole',
    ],
    'e2e/tabs.spec.ts': ['two tabs share one node, and see the same log grow'],
    'e2e/crash.spec.ts': ['killed during appends: every acknowledged entry is there afterwards @chromium'],
  },
  'verify a tampered bundle, a garbage file': {
    [CLI]: [
      'a tampered bundle: 1, with the place; and nothing is created beside it',
      'a garbage file, an empty one, a directory of something else; nothing is created',
    ],
    [EVIDENCE]: ['a tampered bundle and a garbage file on the Verify page'],
  },
  "a bundle invented from nothing with the attacker's key and failed policies": {
    [BUNDLE]: ['a bundle invented from nothing', 'a verdict that the bundle gives itself is not believed'],
    'src/audit/export/script/forged.test.ts': [
      "on a bundle invented with the attacker's key; without a pin it says UNAUTHENTICATED",
    ],
    [EVIDENCE]: ['a bundle invented from nothing: on the Verify page it is nobody’s, and not the owner’s'],
  },
  'private key file': {
    'cli/home/device-key.test.ts': ['is one 32-byte file of mode 0600, made on first use and used after a restart'],
    'cli/home/storage.test.ts': ['nobody else can read them'],
    'src/identity/service.test.ts': ['never holds the root, a seed or a passphrase in the clear'],
  },
  'a stage named ../x': {
    'src/pipeline/document/parse.test.ts': ['a stage name that leaves its folder', 'a file that leaves its folder'],
    'src/verify/verify.test.ts': ['../x'],
    [PAGE]: ['a pipeline with wrong lines: each is named by its number'],
  },
  '{1:"a"} and {"1":"a"}, NaN': {
    [ORDER]: [
      '{1:"a"} and {"1":"a"} are one object and one digest; a Map with the number 1 is refused',
      'changed, lacking or additional arguments, and NaN, are refused',
    ],
    'src/audit/core.test.ts': ['NaN'],
  },
  'dataset, model, approvers, rollback': {
    'src/pipeline/run/iron-path.test.ts': [
      'any CSV with the declared columns',
      'another file than the declared one',
      'a promotion that the owner refuses',
      'a rollback to a state that is not the earlier one',
    ],
    'src/governance/approvals-n-of-m.test.ts': ["one approver's signature under another's name does not count"],
    'e2e/iron-path.spec.ts': ['the same inputs give byte-identical models in every browser'],
  },
  'beyond the seed: the operator rewrites entry 3 and signs everything again with his own keys': {
    [OPERATOR]: [
      'the witness quorum',
      'an older checkpoint that somebody kept: of the whole log, not one from before entry 3',
      'the five lines of shell alone, which catch whoever lacks his keys',
      'and that is said wherever a stranger reads how to check',
    ],
    'src/verify/replay/attacks.test.ts': ['rewrites his whole history under softer policies'],
  },
};

/** The title as it stands in a source: in any quotes, after `test(`, or first in a row of a table of tests. */
function isShown(source: string, title: string): boolean {
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
  return new RegExp(`(?<!\\w)(?:test\\(|\\[)\\s*['"\`]${escaped}['"\`]`).test(source);
}

describe('the attack table', () => {
  test.each(Object.entries(TABLE))('%s', (_attack, shown) => {
    for (const [file, titles] of Object.entries(shown)) {
      const source = readFileSync(file, 'utf8');
      expect(source, file).not.toMatch(/\b(?:test|describe)\.(?:skip|only|todo|fails|skipIf|runIf)\b/);
      for (const title of titles) expect([file, title, isShown(source, title)]).toEqual([file, title, true]);
    }
  });

  test('a title that nothing has is not found', () => {
    const source = readFileSync(ORDER, 'utf8');
    expect(isShown(source, 'one order replayed 51 times passes once')).toBe(false);
    expect(isShown(source, 'one order replayed')).toBe(false);
  });
});
