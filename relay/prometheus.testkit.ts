/** A reader of Prometheus's text format 0.0.4 that refuses what the specification does not allow. */
interface Family {
  type: string;
  help: string;
  samples: Map<string, number>;
}

const HELP = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const TYPE = /^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram|summary|untyped)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/;

/** Families by name; samples by their labels as written. @throws Error naming the line */
export function readMetrics(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  text
    .slice(0, -1)
    .split('\n')
    .forEach((line, i) => {
      const fail = (why: string): Error => new Error(`line ${i + 1}: ${why}: ${line}`);
      const [, helped, help] = HELP.exec(line) ?? [];
      if (helped !== undefined) {
        if (helps.has(helped)) throw fail('a second HELP');
        return void helps.set(helped, help!);
      }
      const [, typed, type] = TYPE.exec(line) ?? [];
      if (typed !== undefined) {
        if (families.has(typed)) throw fail('a second TYPE');
        return void families.set(typed, { type: type!, help: helps.get(typed) ?? '', samples: new Map() });
      }
      const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
      const family = families.get(name ?? '');
      if (!family) throw fail('a sample without its TYPE');
      // All samples of a family are one group.
      if ([...families.keys()].at(-1) !== name) throw fail('a sample outside its group');
      checkLabels(labels, fail);
      if (family.samples.has(labels)) throw fail('the same sample twice');
      if (!/^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)$|^NaN$/i.test(value!)) throw fail('no number');
      if (family.type === 'counter' && !(name.endsWith('_total') && Number(value) >= 0)) throw fail('no counter');
      family.samples.set(labels, Number(value));
    });
  return families;
}

function checkLabels(labels: string, fail: (why: string) => Error): void {
  const names = new Set<string>();
  for (let rest = labels; rest !== '';) {
    const label = LABEL.exec(rest);
    if (!label || names.has(label[1]!)) throw fail('a label');
    names.add(label[1]!);
    rest = rest.slice(label[0].length);
  }
}
