/**
 * Writes the generated parts of README.md, CONTRIBUTING.md and of pages in docs/, between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 *
 *   node scripts/readme.ts           rewrites the files
 *   node scripts/readme.ts --check   exits with 1 if one of them is not up to date
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { controlCommands } from '../schemas/index.ts';
import { builtinContracts } from '../src/builtin-contracts.ts';
import { exitCodes } from '../src/exit-code.ts';
import { ServerMetrics } from '../src/observe/metrics/server-metrics.ts';
import { createWriterMetrics } from '../src/plugins/check/writer/metrics/writer-metrics.ts';
import { createGatewayMetrics } from '../src/plugins/presence/metrics/gateway-metrics.ts';
import { PresenceRegistry } from '../src/plugins/presence/metrics/registry.ts';
import { createStatusMetrics } from '../src/plugins/presence/metrics/status-metrics.ts';
import { createUserMetrics } from '../src/plugins/presence/metrics/user-metrics.ts';
import { builtins } from '../src/shell/builtins.ts';
import { shortUsage } from '../src/shell/parse/usage.ts';
import { renderLine } from '../test/bench/report/line.ts';
import { readResult } from '../test/bench/report/result.ts';
import { render } from '../test/bench/report/table.ts';
import { drawHouse } from './borders/house.ts';
import { table as borders, rights } from './borders/table.ts';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'docs/commands.md',
  'docs/scripting.md',
  'docs/operating.md',
  'docs/performance.md',
  'docs/presence.md',
  'docs/checks.md',
];
const cell = (text: string) => text.replaceAll('|', '\\|');

function table(heads: string[], rows: string[][]): string {
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

const contracts = [...controlCommands, ...(await builtinContracts())];
const labels = (metric: object) =>
  'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames : [];
const sections = new Map([
  [
    'commands',
    table(
      ['command', 'kind', 'what it does', 'example'],
      [
        ...contracts.map((one) => [`\`${shortUsage(one)}\``, one.kind, one.summary, `\`${one.example}\``]),
        ...builtins.map((one) => [`\`${one.usage}\``, 'shell', one.summary, `\`${one.example}\``]),
      ],
    ),
  ],
  [
    'exit-codes',
    table(
      ['exit code', 'when'],
      Object.entries(exitCodes).map(([code, meaning]) => [code, meaning]),
    ),
  ],
  [
    'borders',
    table(
      ['place', 'what it owns', 'what it may import'],
      borders.map((row) => [`\`${row.place}\``, row.owns, rights(row)]),
    ),
  ],
  ['house', drawHouse(borders)],
  ['speed', renderLine(readResult())],
  ['performance', render(readResult())],
  ['metrics', table(['metric', 'type', 'labels', 'meaning'], rowsOf(new ServerMetrics().table))],
  ['presence-metrics', presenceMetrics()],
  [
    'check-writer-metrics',
    table(['metric', 'type', 'labels', 'meaning'], rowsOf(createWriterMetrics().registry.getMetricsAsArray())),
  ],
]);

function rowsOf(metrics: ServerMetrics['table'], ...rest: string[]): string[][] {
  return metrics.map((metric) => {
    const names = labels(metric).map((label) => `\`${label}\``);
    return [`\`${metric.name}\``, ...rest, String(metric.type), names.join(', '), metric.help];
  });
}

function presenceMetrics(): string {
  const gateway = new PresenceRegistry();
  createGatewayMetrics(gateway, { connections: 0, users: 0, waitingRows: 0 });
  const status = new PresenceRegistry();
  createStatusMetrics(status, async () => 0);
  const user = new PresenceRegistry();
  createUserMetrics(user);
  return table(
    ['metric', 'program', 'type', 'labels', 'meaning'],
    [...rowsOf(gateway.table, 'gateway'), ...rowsOf(status.table, 'status'), ...rowsOf(user.table, 'user')],
  );
}

for (const document of documents) {
  const file = new URL(`../${document}`, import.meta.url);
  const before = readFileSync(file, 'utf8');
  const after = before.replace(
    /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g,
    (_, open: string, name: string, close: string) => `${open}${sections.get(name) ?? ''}\n${close}`,
  );
  if (!process.argv.includes('--check')) writeFileSync(file, after);
  else if (before !== after) {
    process.stderr.write(`${document} is stale; run: npm run generate\n`);
    process.exitCode = 1;
  }
}
