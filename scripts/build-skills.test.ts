import { beforeAll, describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { fromUtf8, jcs, sha256Hex, utf8 } from '../src/crypto';
import { openBundled, readRepo as read, type Bundled } from '../skills/testkit';
import { buildSkills } from './build-skills.mjs';

let bundled: Bundled;

beforeAll(async () => {
  bundled = await openBundled();
});

const run = (skill: string, input: string | Uint8Array) => bundled.run(skill, input);
type Answer = Record<string, unknown>;
const ask = (skill: string, input: unknown) => JSON.parse(fromUtf8(run(skill, jcs(input)))) as Answer;

/** Rows of the real dataset without missing measurements, every fourth held out. */
function penguins() {
  const features = ['bill_length_mm', 'bill_depth_mm', 'flipper_length_mm', 'body_mass_g'];
  const classes = ['Adelie', 'Chinstrap', 'Gentoo'];
  const lines = read('public/datasets/penguins.csv').toString().trim().split('\n').slice(1);
  const records = lines.map((line) => line.split(',')).filter((fields) => !fields.slice(2, 6).includes('NA'));
  const part = (held: boolean) => {
    const some = records.filter((_, i) => (i % 4 === 0) === held);
    return {
      rows: some.map((fields) => fields.slice(2, 6).map(Number)),
      labels: some.map(([species]) => classes.indexOf(species!)),
    };
  };
  const parameters = { epochs: 400, learning_rate: 0.5, l2: 0.001 };
  return { task: { features, classes, parameters, ...part(false) }, exam: part(true) };
}

describe('the build', () => {
  test('what is built is what is pinned and listed, and small together', () => {
    const pins = JSON.parse(read('skills/pins.json').toString()) as Record<string, string>;
    const modules = new Map<string, number>();
    for (const { name, sha256, bytes, capabilities } of bundled.manifest) {
      const module = read(`public/skills/${sha256}.wasm`);
      expect([name, sha256Hex(module), module.length, capabilities]).toEqual([name, sha256, bytes, []]);
      modules.set(sha256, bytes);
    }
    expect(Object.values(pins).sort()).toEqual([...modules.keys()].sort());
    expect([...modules.values()].reduce((sum, bytes) => sum + bytes)).toBeLessThan(600_000);
  });

  test('each has its icon, in the colours of the page', () => {
    for (const { icon } of bundled.manifest) {
      const svg = read(`public/icons/skills/${icon}.svg`).toString();
      expect(svg).toContain('currentColor');
      expect(svg).not.toMatch(/script|href|style=/);
      expect(svg.length).toBeLessThan(1_000);
    }
  });

  test('a second build finds nothing to do', async () => {
    expect(await buildSkills()).toBe(false);
  });
});

describe('hash-file', () => {
  test('agrees with SHA-256 at any length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fromUtf8(run('hash-file', bytes))).toBe(jcs({ bytes: bytes.length, sha256: sha256Hex(bytes) }));
      }),
    );
  });
});

describe('csv-summary', () => {
  const summary = (csv: string | Uint8Array) => JSON.parse(fromUtf8(run('csv-summary', csv))) as unknown;

  test('the penguins', () => {
    const { columns, rows } = summary(read('public/datasets/penguins.csv')) as {
      columns: Record<string, unknown>[];
      rows: number;
    };
    expect(rows).toBe(344);
    expect(columns[5]).toEqual({
      max: 6300,
      mean: 4201.754385964912,
      min: 2700,
      missing: 2,
      name: 'body_mass_g',
      type: 'number',
    });
    expect(columns[6]).toEqual({ missing: 11, name: 'sex', type: 'text' });
  });

  test('quotes, line ends, byte order mark, blank end', () => {
    const name = 'a "q", b';
    expect(summary('\ufeff"a ""q"", b",x\r\n1,"two\nlines"\r\n-2.5e1,\r\n\r\n')).toEqual({
      rows: 2,
      columns: [
        { name, type: 'number', min: -25, max: 1, mean: -12, missing: 0 },
        { name: 'x', type: 'text', missing: 1 },
      ],
    });
  });

  test.each([
    ['nothing', '', 'the file is empty'],
    ['a short row', 'a,b\n1,2\n3\n', 'line 3 has 1 fields and the header 2'],
    ['a quote that does not end', 'a\n"x', 'line 2: a quoted field does not end'],
    ['a quote in the middle', 'a\nx"y"\n', 'line 2: a quote stands inside a field that does not start with one'],
    ['text after a quote', 'a\n"x"y\n', 'line 2: something follows a quoted field'],
  ])('%s is bad input', (_, csv, message) => {
    expect(summary(csv)).toEqual({ error: { code: 'bad_input', message } });
  });

  test('Latin-1 is refused', () => {
    expect(summary(Uint8Array.of(0x61, 0x0a, 0xe9, 0x0a))).toMatchObject({ error: { code: 'not_utf8' } });
  });

  test('numbers are read and written as ECMAScript does, to the last bit', () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    const digits = fc.tuple(finite, fc.integer({ min: 1, max: 100 })).map(([x, count]) => x.toPrecision(count));
    const exact = fc
      .tuple(fc.bigInt({ min: 1n, max: 1n << 54n }), fc.integer({ min: -80, max: 20 }))
      .map(([mantissa, exponent]) =>
        exponent < 0 ? `${mantissa * 5n ** BigInt(-exponent)}e${exponent}` : `${mantissa << BigInt(exponent)}`,
      );
    const number = fc.oneof(finite.map(String), digits, exact);
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 200 }), (texts) => {
        const header = texts.map((_, i) => `c${i}`).join(',');
        const out = fromUtf8(run('csv-summary', `${header}\n${texts.join(',')}\n`));
        const smallest = [...out.matchAll(/"min":([^,]+),/g)].map(([, text]) => text);
        expect(smallest).toEqual(
          texts.filter((text) => Number.isFinite(Number(text))).map((text) => jcs(Number(text))),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('train-model and evaluate-model', () => {
  test('learn the real penguins, and the same bytes each time', () => {
    const { task, exam } = penguins();
    const model = run('train-model', jcs(task));
    expect(run('train-model', JSON.stringify(task))).toEqual(model);
    const parsed = JSON.parse(fromUtf8(model)) as { training: { log_loss: number } };
    expect(jcs(parsed)).toBe(fromUtf8(model));
    expect(parsed.training.log_loss).toBeLessThan(0.05);
    const report = ask('evaluate-model', { model: parsed, ...exam });
    expect(report.n).toBe(86);
    expect(report.accuracy).toBeGreaterThan(0.95);
    expect(report.min_recall).toBeGreaterThan(0.85);
    expect(report.macro_f1).toBeGreaterThan(0.93);
    expect(report.log_loss).toBeLessThan(0.1);
  });

  test('the model file has not changed since it was last looked at', () => {
    // Pins exp, log, sqrt, parsing and printing at once; seen equal in V8, SpiderMonkey and Node.
    expect(sha256Hex(run('train-model', jcs(penguins().task)))).toBe(
      '7100d6f47e8aec7d9a37cfa286bb284e19ce8880e7e43bb776304b82cf0b6773',
    );
  });

  test('the gradient is right: more training lowers the loss, and a penalty shrinks the weights', () => {
    const { task } = penguins();
    const trained = (over: object) => ask('train-model', { ...task, parameters: { ...task.parameters, ...over } });
    const loss = (model: Answer) => (model.training as { log_loss: number }).log_loss;
    const size = (model: Answer) => Math.hypot(...(model.weights as number[][]).flat());
    const few = trained({ epochs: 10 });
    expect(loss(few)).toBeLessThan(Math.log(3));
    expect(loss(trained({ epochs: 100 }))).toBeLessThan(loss(few));
    expect(size(trained({ l2: 1 }))).toBeLessThan(size(trained({ l2: 0 })));
  });

  test('the figures are those of the confusion matrix', () => {
    const model = {
      ...{ v: 1, kind: 'softmax_regression', features: ['x'], classes: ['a', 'b', 'c'], mean: [0], scale: [1] },
      ...{ weights: [[1], [-1], [0]], bias: [0, 0, -50], parameters: {}, training: {} },
    };
    // Predicted: a for x ≥ 0, b for x < 0; never c, which has no rows either.
    const report = ask('evaluate-model', { model, rows: [[2], [1], [-1], [3]], labels: [0, 0, 0, 1] });
    expect(report).toMatchObject({ n: 4, accuracy: 0.5, min_recall: 0, macro_f1: (2 / 3 + 0) / 2 });
    expect(report.confusion).toEqual([
      [2, 1, 0],
      [1, 0, 0],
      [0, 0, 0],
    ]);
    const softplus = (x: number) => Math.log1p(Math.exp(x));
    expect(report.log_loss).toBeCloseTo((softplus(-4) + softplus(-2) + softplus(2) + softplus(6)) / 4, 12);
  });

  test('equal scores go to the first class', () => {
    const model = {
      ...{ v: 1, kind: 'softmax_regression', features: ['x'], classes: ['a', 'b'], mean: [0], scale: [1] },
      ...{ weights: [[0], [0]], bias: [0, 0], parameters: {}, training: {} },
    };
    expect(ask('evaluate-model', { model, rows: [[1]], labels: [0] })).toMatchObject({
      accuracy: 1,
      log_loss: Math.LN2,
    });
  });

  const { task, exam } = penguins();
  test.each([
    ['no object', '[]', 'expected an object'],
    ['half an object', '{"rows":[[1', 'expected a comma or the end'],
    ['an unknown key', jcs({ ...task, extra: 1 }), '"extra" is not known here'],
    ['a key twice', '{"rows":[],"rows":[]}', '"rows" is there twice'],
    ['something after the end', `${jcs(task)}x`, 'something follows the end'],
    ['a row that is too short', jcs({ ...task, rows: [[1, 2, 3, 4], [1]] }), 'row 2 has 1 numbers'],
    ['rows of another width', jcs({ ...task, rows: task.rows.map(() => [1]) }), 'one number for each feature'],
    ['no rows', jcs({ ...task, rows: [] }), '"rows" is empty'],
    ['a text among numbers', jcs({ ...task, rows: [['NA']] }), 'expected a number'],
    ['a number beyond doubles', '{"rows":[[1e999]]}', 'a number is too large'],
    [
      'a label beyond the classes',
      jcs({ ...task, labels: task.labels.map(() => 3) }),
      'label 1 is no index of a class',
    ],
    ['one class', jcs({ ...task, classes: ['x'] }), 'at least two classes'],
    ['a class twice', jcs({ ...task, classes: ['x', 'x'] }), 'each once'],
    ['no epochs', jcs({ ...task, parameters: { ...task.parameters, epochs: 0 } }), '"epochs"'],
    ['a negative rate', jcs({ ...task, parameters: { ...task.parameters, learning_rate: -1 } }), '"learning_rate"'],
    ['half a character', '{"classes":["\\ud800"]}', 'half a character'],
    ['an unknown escape', '{"classes":["\\x41"]}', 'unknown escape'],
  ])('training on %s is bad input', (_, input, message) => {
    const { error } = JSON.parse(fromUtf8(run('train-model', input))) as { error: { code: string; message: string } };
    expect(error.code).toBe('bad_input');
    expect(error.message).toContain(message);
  });

  test('training that diverges says so', () => {
    const wild = { ...task, parameters: { epochs: 100, learning_rate: 1e300, l2: 1e10 } };
    expect(ask('train-model', wild)).toMatchObject({ error: { code: 'diverged' } });
  });

  test('a model that does not fit the rows is bad input', () => {
    const model = JSON.parse(fromUtf8(run('train-model', jcs(task)))) as Record<string, unknown>;
    const refused = { error: { code: 'bad_input' } };
    expect(ask('evaluate-model', { model, ...exam, rows: [[1]], labels: [0] })).toMatchObject(refused);
    expect(ask('evaluate-model', { model: { ...model, kind: 'tree' }, ...exam })).toMatchObject(refused);
    expect(ask('evaluate-model', { model: { ...model, bias: [0] }, ...exam })).toMatchObject(refused);
    expect(ask('evaluate-model', { model: { ...model, scale: [0, 1, 1, 1] }, ...exam })).toMatchObject(refused);
  });

  test('any JSON at all is answered, never a trap', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('train-model', 'evaluate-model'), (json, skill) => {
        expect(JSON.parse(fromUtf8(run(skill, json)))).toHaveProperty('error');
      }),
    );
  });

  test('random changes of a good input are answered, never a trap', () => {
    const good = utf8(jcs({ ...task, rows: task.rows.slice(0, 9), labels: task.labels.slice(0, 9) }));
    const change = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255), cut: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const bytes = [...good];
        for (const { at, to, cut } of changes) bytes.splice(at, cut, to);
        expect(JSON.parse(fromUtf8(run('train-model', Uint8Array.from(bytes))))).toBeTypeOf('object');
      }),
      { numRuns: 500 },
    );
  });
});
