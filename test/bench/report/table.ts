import { aimsOf } from './aims.ts';
import type { Result } from './result.ts';
import type { Measure, Row, Who } from './rows.ts';
import { figure, names, ratio, titles } from './words.ts';

/** What stands in one table, and beside what: the first column is the baseline of the others. */
const tables: readonly { readonly measures: readonly Measure[]; readonly whos: readonly Who[] }[] = [
  { measures: ['p50', 'p99', 'rate', 'cpu'], whos: ['raw', 'batched', 'grpc', 'signalbox', 'keyless'] },
  { measures: ['gather', 'memory', 'idle'], whos: ['raw', 'signalbox', 'keyless'] },
  { measures: ['start', 'help'], whos: ['node', 'source', 'dist'] },
  { measures: ['codec'], whos: ['json', 'signalbox'] },
];

/** What a run has measured, as Markdown that is readable as it is. */
export function render({ run, rows }: Result): string {
  const aims = aimsOf(rows).map(({ text, value, unit, isMet }) => [
    text,
    unit === '×' ? ratio(value) : `${Math.round(value).toLocaleString('en')} ms`,
    isMet ? 'met' : '**missed**',
  ]);
  const compared = tables.map(({ measures, whos }) =>
    table(
      ['', ...whos.map((who) => names[who])],
      lines(
        rows.filter(({ measure }) => measures.includes(measure)),
        whos,
      ),
    ),
  );
  const machine = `${run.machine}, Node ${run.node}, ${run.date}, commit ${run.commit}`;
  const when = `Load average ${run.loadAverage} when it began; it took ${run.seconds} s.`;
  return [...compared, table(['aim', 'this run', ''], aims), `${machine}. ${when}`].join('\n\n');
}

/** A line for each measure, a column for each contender. */
function lines(rows: readonly Row[], whos: readonly Who[]): string[][] {
  return [...Map.groupBy(rows, ({ measure, at }) => titles[measure](at))].map(([title, group]) => [
    title,
    ...whos.map((who) => {
      const row = group.find((one) => one.who === who);
      return row ? `${figure(row)}${who === whos[0] ? '' : ` (${ratio(row.ratio)})`}` : '';
    }),
  ]);
}

function table(heads: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...body.map((line) => line[column]?.length ?? 0)),
  );
  const row = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [row(heads), row(widths.map((width) => '-'.repeat(width))), ...body.map(row)].join('\n');
}
