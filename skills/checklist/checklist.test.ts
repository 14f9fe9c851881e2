import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openBundled, type Bundled } from '../testkit';

let bundled: Bundled;
beforeAll(async () => {
  bundled = await openBundled();
});

interface List {
  done: number;
  items: { done: boolean; text: string }[];
  markdown: string;
  percent: number;
  title: string;
  total: number;
}
const ask = (task: object) => bundled.ask('checklist', task) as unknown as List;
const message = (task: unknown) => (bundled.ask('checklist', task) as { error: { message: string } }).error.message;

describe('checklist', () => {
  test('Markdown in, ticked, added, removed, Markdown out', () => {
    const list = '# Trip to Ærø\n\n- [ ] Pack\n* [X] Book the ferry  \r\n';
    const after = ask({ list, do: [{ add: ' Go ' }, { tick: 1 }, { untick: 2 }, { remove: 2 }, { title: 'Trip' }] });
    expect(after.markdown).toBe('# Trip\n\n- [x] Pack\n- [ ] Go\n');
    expect([after.done, after.total, after.percent]).toEqual([1, 2, 50]);
  });

  test('any actions do what a list of ours does, and both forms of the list read back', () => {
    const text = fc
      .string({ unit: 'grapheme-ascii', minLength: 1 })
      .map((raw) => raw.trim())
      .filter((raw) => raw !== '');
    const action = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), text }),
      fc.record({ kind: fc.constantFrom('tick' as const, 'untick' as const, 'remove' as const), pick: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const items: List['items'] = [];
        const steps: object[] = [];
        for (const one of actions) {
          if (one.kind === 'add') {
            items.push({ done: false, text: one.text });
            steps.push({ add: one.text });
          } else if (items.length > 0) {
            const place = one.pick % items.length;
            steps.push({ [one.kind]: place + 1 });
            if (one.kind === 'remove') items.splice(place, 1);
            else items[place]!.done = one.kind === 'tick';
          }
        }
        const list = ask({ do: steps });
        expect(list.items).toEqual(items);
        expect(list.done).toBe(items.filter(({ done }) => done).length);
        expect(list.percent).toBe(items.length === 0 ? 0 : Math.floor((100 * list.done) / items.length));
        expect(ask({ list })).toEqual(list);
        expect(ask({ list: list.markdown })).toEqual(list);
      }),
    );
  });

  test.each([
    ['a place past the end', { do: [{ tick: 1 }] }, 'action 1 names item 1, which is not there'],
    ['an unknown action', { do: [{ burn: 1 }] }, '"burn" is no action'],
    ['two keys', { do: [{ add: 'x', tick: 1 }] }, 'more than one key'],
    ['an empty action', { do: [{}] }, 'an action is empty'],
    ['an empty text', { do: [{ add: ' ' }] }, '1 to 4096 bytes'],
    ['two lines', { do: [{ add: 'a\nb' }] }, 'control character'],
    ['prose', { list: '# T\nhello' }, 'line 2 of the list is no title and no item'],
    ['an unknown key', { items: [] }, '"items" is not known here'],
  ])('%s is bad input', (_, task, expected) => {
    expect(message(task)).toContain(expected);
  });
});
