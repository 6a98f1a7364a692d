import { jobKey } from '../matchers.ts';
import { type History, jobRecords, outcomeOf } from './history.ts';
import type { Run } from './run-seed.ts';

/** The contents of a run of each kind. */
export const scenarios = {
  faults: [
    'cut',
    'cut in a message',
    'half-close',
    'freeze',
    'delay',
    'refuse',
    'client stop',
    'server stop',
    'client kill',
    'client end',
    'server kill',
  ],
  holes: ['two servers', 'together', 'older copy', 'another store'],
  kills: ['server kill'],
} as const;
export type Scenario = keyof typeof scenarios;

const outcomes = ['completed', 'failed', 'cancelled', 'rejected', 'expired', 'lost'];

export const columnsOf = (scenario: Scenario): string[] => [
  'seed',
  'commands',
  ...scenarios[scenario],
  ...outcomes,
  'told again',
  'violations',
];

/** One run as a row of the table. `told again`: outcomes that a new server repeated unchanged. */
export function rowOf({ seed, history, faults, violations }: Run, scenario: Scenario): number[] {
  const ended = jobRecords(history).filter(({ ends }) => ends.length > 0);
  const byOutcome = Map.groupBy(ended, ({ ends: [first] }) => (first ? outcomeOf(first.line) : ''));
  return [
    seed,
    ended.length,
    ...scenarios[scenario].map((kind) => faults.get(kind) ?? 0),
    ...outcomes.map((outcome) => byOutcome.get(outcome)?.length ?? 0),
    ended.filter(({ ends }) => ends.length > 1).length,
    violations.length,
  ];
}

export function markdownTable(rows: readonly (readonly number[])[], scenario: Scenario): string {
  const columns = columnsOf(scenario);
  const total = columns.map((_, at) => (at === 0 ? 'all' : rows.reduce((sum, row) => sum + (row[at] ?? 0), 0)));
  return [columns, columns.map(() => '---:'), ...rows, total].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * The violations, empty if there are none: first the count of each rule, then an example of each, then all, with the
 * lines about each; for a run that hung, also the last lines of the processes.
 */
export function describeViolations({ seed, faults, history, violations }: Run): string {
  if (violations.length === 0) return '';
  const byRule = [...Map.groupBy(violations, ({ rule }) => rule)];
  const counts = byRule.map(([rule, { length }]) => `${length} ${rule}`).join(', ');
  const made = [...faults].map(([kind, count]) => `${count} ${kind}`).join(', ');
  const firsts = byRule.flatMap(([, [first]]) => (first ? [first] : []));
  const described = [...firsts, ...violations.filter((one) => !firsts.includes(one))].flatMap(({ rule, key, what }) => [
    `${rule}: ${key ?? ''} ${what}`,
    ...(key === undefined ? [] : evidence(history, key)),
  ]);
  const hasHung = violations.some(({ rule }) => rule === 'stuck' || rule === 'summary');
  const head = `FAULTS_SEED=${seed} broke rules (${counts}) with ${made || 'no fault'}`;
  return [head, ...described, ...(hasHung ? lastWords(history) : [])].join('\n');
}

/** The last lines of the last server and of the surviving clients, except those about jobs. */
function lastWords({ servers, clients }: History): string[] {
  const living = clients.filter(({ endedMs }) => endedMs === undefined);
  const last = servers.slice(-1).map(({ lines }) => ({ who: `server ${servers.length}`, lines }));
  return [...last, ...living.map(({ name, lines }) => ({ who: name, lines }))].flatMap(({ who, lines }) =>
    lines
      .filter((line) => line.id === undefined)
      .slice(-lastLines)
      .map((line) => said(who, line)),
  );
}

const lastLines = 10;
const said = (who: string, line: object): string => `    ${who}: ${JSON.stringify(line).slice(0, 300)}`;

function evidence({ servers, clients }: History, key: string): string[] {
  const [, name] = key.split('/');
  const lives = clients.filter((life) => life.name === name);
  return [
    ...servers.map(({ lines }, at) => ({
      who: `server ${at + 1}`,
      lines: lines.filter((line) => jobKey(line) === key),
    })),
    ...lives.map(({ lines }, at) => ({
      who: `${name}, process ${at + 1}`,
      lines: lines.filter((line) => jobKey(line) === key),
    })),
    ...lives.map(({ endedMs }, at) => ({ who: `${name}, process ${at + 1}`, lines: endedMs ? [{ endedMs }] : [] })),
  ].flatMap(({ who, lines }) => lines.map((line) => said(who, line)));
}
