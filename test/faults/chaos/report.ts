import { jobKey } from '../matchers.ts';
import { type History, jobRecords, outcomeOf } from './history.ts';
import type { Run } from './run-seed.ts';

/** What a run of each kind is made of. */
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

/** One run as a row of the table. `told again`: outcomes that a new server told once more, the same. */
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

/** What was broken, each with all that was said of it. */
export function describeViolations({ seed, history, violations }: Run): string {
  return violations
    .map(({ rule, key, what }) => {
      const head = `seed ${seed}: ${rule}: ${key ?? ''} ${what}`;
      return key === undefined ? head : `${head}\n${evidence(history, key).join('\n')}`;
    })
    .join('\n');
}

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
  ].flatMap(({ who, lines }) => lines.map((line) => `    ${who}: ${JSON.stringify(line).slice(0, 300)}`));
}
