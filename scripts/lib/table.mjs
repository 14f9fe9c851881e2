/** @typedef {{ name: string, n: number, p50: number, p95: number, p99: number, perSecond: number, baseline?: string }} Figure */

/**
 * The row that another is compared with: the one it names, or the first of the same thing at another size
 * (`append single at 1000` for `append single at 100000`).
 * @param {Figure} figure @param {readonly Figure[]} figures @returns {Figure | undefined}
 */
function baselineOf(figure, figures) {
  const thing = figure.name.replace(/ at \d+$/, '');
  const found = figures.find((other) =>
    figure.baseline === undefined ? other.name.replace(/ at \d+$/, '') === thing : other.name === figure.baseline,
  );
  return found === figure ? undefined : found;
}

/** @param {number} value */
const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(4));

/**
 * One table for all realms: ms per operation, and how p50 compares with the named baseline.
 * @param {Readonly<Record<string, readonly Figure[]>>} realms
 */
export function table(realms) {
  const rows = [['where', 'what', 'n', 'p50 ms', 'p95 ms', 'p99 ms', 'per second', 'p50 ratio', 'to']];
  for (const [realm, figures] of Object.entries(realms)) {
    for (const figure of figures) {
      const baseline = baselineOf(figure, figures);
      rows.push([
        realm,
        figure.name,
        String(figure.n),
        ...[figure.p50, figure.p95, figure.p99].map(digits),
        figure.perSecond.toFixed(0),
        baseline === undefined ? '' : (figure.p50 / baseline.p50).toFixed(2),
        baseline?.name ?? '',
      ]);
    }
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i < 2 || i === 8 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
