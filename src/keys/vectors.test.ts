import { describe, expect, test } from 'vitest';
import vectors from '../../docs/vectors/keys.json';
import { PURPOSES } from './shapes';
import { tell, type Data } from './testkit';

describe('docs/vectors/keys.json', () => {
  test.each(vectors.lives)('$name', async ({ name, entries, flaws, in_force, first_governance_key_leads_on }) => {
    const { life, flaws: found } = await tell(...entries.map(({ type, data }) => [type, data as Data] as const));
    expect(found).toEqual(flaws);
    expect(name.startsWith('attack')).toBe(found.length > 0);
    expect(Object.fromEntries(PURPOSES.map((p) => [p, life.current(p) ?? null]))).toEqual(in_force);
    const [first] = life.spans.filter((span) => span.purpose === 'governance');
    expect(life.follows('governance', first!.key)).toBe(first_governance_key_leads_on);
  });
});
