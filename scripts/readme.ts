/**
 * Writes what in README.md follows from the code, between `<!-- generated: NAME -->` and `<!-- /generated -->`.
 *
 *   node scripts/readme.ts           rewrites the file
 *   node scripts/readme.ts --check   exits with 1 when the file is not what this would write
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { controlCommands } from '../schemas/index.ts';
import { builtinContracts } from '../src/builtin.ts';
import { exitCodes } from '../src/shell/exit-code.ts';
import { shortUsage } from '../src/shell/signature.ts';
import { shellWords } from '../src/shell/words.ts';
import { readResult } from '../test/bench/report/result.ts';
import { render } from '../test/bench/report/table.ts';

const readme = new URL('../README.md', import.meta.url);
const cell = (text: string) => text.replaceAll('|', '\\|');

function table(heads: string[], rows: string[][]): string {
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');
}

const contracts = [...controlCommands, ...(await builtinContracts())];
const sections = new Map([
  [
    'commands',
    table(
      ['command', 'kind', 'what it does', 'example'],
      [
        ...contracts.map((one) => [`\`${shortUsage(one)}\``, one.kind, one.summary, `\`${one.example}\``]),
        ...shellWords.map((word) => [`\`${word.usage}\``, 'shell', word.summary, `\`${word.example}\``]),
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
  ['bench', render(readResult())],
]);

const before = readFileSync(readme, 'utf8');
const after = before.replace(
  /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g,
  (_, open: string, name: string, close: string) => `${open}${sections.get(name) ?? ''}\n${close}`,
);
if (!process.argv.includes('--check')) writeFileSync(readme, after);
else if (before !== after) {
  process.stderr.write('README.md is stale: npm run generate\n');
  process.exitCode = 1;
}
