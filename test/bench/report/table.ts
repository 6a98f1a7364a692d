import { type Aim, aimsOf } from './aims.ts';
import type { Result } from './result.ts';
import type { Measure, Row, Who } from './rows.ts';
import { figure, names, ratio, short, titles } from './words.ts';

interface Comparison {
  readonly measures: readonly Measure[];
  /** The first is the baseline of the others. */
  readonly whos: readonly Who[];
}

const all: readonly Comparison[] = [
  {
    measures: ['p50', 'p99', 'rate', 'cpu'],
    whos: ['raw', 'batched', 'grpc', 'nats', 'signalbox', 'keyless'],
  },
  { measures: ['broadcast', 'memory', 'heartbeats'], whos: ['raw', 'signalbox', 'keyless'] },
  {
    measures: [
      'gather',
      ...(['clientIdle', 'clientUsed', 'clientGrowth'] as const),
      ...(['serverIdle', 'serverUsed', 'serverHistory', 'serverGrowth'] as const),
    ],
    whos: ['raw', 'nats', 'signalbox'],
  },
  { measures: ['processes', 'pss', 'run'], whos: ['bare', 'signalbox'] },
  { measures: ['start', 'help'], whos: ['node', 'source', 'dist'] },
  { measures: ['attach', 'attachCpu'], whos: ['clush', 'dist'] },
  { measures: ['codec'], whos: ['json', 'signalbox'] },
  {
    measures: ['storeRate', 'storeP50', 'storeP99', 'storeCpu', 'storeMain', 'storeThread'],
    whos: ['memory', 'sqlite', 'sqliteFull', 'postgres'],
  },
  { measures: ['lagP99', 'lagMax', 'prunedP50', 'prunedP99', 'prune'], whos: ['sqlite', 'pruning'] },
  { measures: ['script'], whos: ['pipe', 'attach', 'attached'] },
  { measures: ['container', 'containerCpu'], whos: ['docker', 'signalbox'] },
  { measures: ['containerLag', 'containerLagMax'], whos: ['empty', 'signalbox'] },
  { measures: ['notifyRate', 'notifyP50', 'notifyP99', 'notifyCpu'], whos: ['untold', 'failuresTold', 'told'] },
];

/** All measures of a run, as readable Markdown. */
export const render = (result: Result): string =>
  [
    ...all.filter(isMeasured(result)).map((comparison) => compare(result, comparison)),
    aims(result),
    about(result),
  ].join('\n\n');

const isMeasured =
  ({ rows }: Result) =>
  ({ measures }: Comparison): boolean =>
    rows.some(({ measure }) => measures.includes(measure));

function aims({ rows }: Result): string {
  const told = ({ value, unit, isMet }: Aim): string[] => {
    if (Number.isNaN(value)) return ['not measured', ''];
    return [unit === '×' ? ratio(value) : `${short(value)} ${unit}`.trim(), isMet ? 'met' : '**missed**'];
  };
  return table(
    ['aim', 'this run', ''],
    aimsOf(rows).map((aim) => [aim.text, ...told(aim)]),
  );
}

function about({ run }: Result): string {
  const versions = [`Node ${run.node}`, run.nats, run.postgres, run.clush, run.docker].filter(
    (version) => version !== undefined,
  );
  const machine = `${run.machine}, ${versions.join(', ')}, ${run.date}, commit ${run.commit}`;
  return `${machine}. Load average at the start: ${run.loadAverage}; duration: ${run.seconds} s.`;
}

/** A row for each measure, a column for each contender. */
function compare({ rows, run }: Result, { measures, whos }: Comparison): string {
  const measured = rows.filter(({ measure, who }) => measures.includes(measure) && whos.includes(who));
  const cell = (group: readonly Row[], who: Who): string => {
    const row = group.find((one) => one.who === who);
    if (!row && who === 'nats' && run.nats === undefined) return 'no nats-server';
    if (!row) return who === 'postgres' && run.postgres === undefined ? 'not installed' : '';
    return `${figure(row)}${who === whos[0] || group.length === 1 ? '' : ` (${ratio(row.ratio)})`}`;
  };
  const lines = [...Map.groupBy(measured, ({ measure, at }) => `${measure} ${at}`).values()].map((group) => [
    titleOf(group),
    ...whos.map((who) => cell(group, who)),
  ]);
  return table(['', ...whos.map((who) => names[who])], lines);
}

const titleOf = ([first]: readonly Row[]): string => (first ? titles[first.measure](first.at) : '');

function table(heads: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...body.map((line) => line[column]?.length ?? 0)),
  );
  const row = (cells: readonly string[]) => `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  return [row(heads), row(widths.map((width) => '-'.repeat(width))), ...body.map(row)].join('\n');
}
