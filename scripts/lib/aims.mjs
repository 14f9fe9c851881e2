/** @typedef {import('./table.mjs').Figure} Figure */

/**
 * What the design asks for, as the two realms' figures answer it. Said, not enforced: a busy machine proves nothing.
 * @param {{ Node: readonly Figure[], Chromium: readonly Figure[] }} realms @returns {string[]}
 */
export function aims({ Node, Chromium }) {
  const [single, batched] = ['append single at ', 'append batched at '].map((name) => startingWith(Chromium, name));
  const [log] = startingWith(Chromium, 'verify 10000 entries');
  const [bundle] = startingWith(Chromium, 'verify a bundle of ');
  const [cosign] = startingWith(Node, 'witness cosigns, durable');
  const growth = (single?.at(-1)?.p50 ?? NaN) / (single?.[0]?.p50 ?? NaN);
  return [
    aim('durable single appends/s in Chromium', single?.at(-1)?.perSecond, '>=', 1_000),
    aim('batched appends/s in Chromium', batched?.at(-1)?.perSecond, '>=', 10_000),
    aim('append in a long log : in a short one', growth, '<=', 1.2),
    aim('ms to verify a log of 10,000 in Chromium', (log?.p50 ?? NaN) * 10_000, '<=', 1_000),
    aim('ms to verify a bundle of 10,000 in Chromium', (bundle?.p50 ?? NaN) * 10_000, '<=', 1_000),
    aim('ms for a durable cosignature', cosign?.p50, '<=', 10),
  ];
}

/** @param {readonly Figure[]} figures @param {string} name */
const startingWith = (figures, name) => figures.filter((figure) => figure.name.startsWith(name));

/** @param {string} what @param {number | undefined} value @param {'>=' | '<='} how @param {number} wanted */
export function aim(what, value = NaN, how, wanted) {
  const met = how === '>=' ? value >= wanted : value <= wanted;
  return `${met ? 'met   ' : 'MISSED'}  ${what}: ${value.toPrecision(3)}, aim ${how} ${wanted}`;
}
