/**
 * Writes man/signalbox.1 from the same sources as the help.
 *
 *   node scripts/man-page.ts           rewrites the file
 *   node scripts/man-page.ts --check   exits with 1 if it is not up to date
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { controlCommands } from '../schemas/index.ts';
import { builtinContracts } from '../src/builtin-contracts.ts';
import { exitCodes } from '../src/exit-code.ts';
import { describeProgram } from '../src/program/command-tree.ts';
import {
  attachHelp,
  clientHelp,
  completionHelp,
  contextHelp,
  keysHelp,
  operatorsHelp,
  serverHelp,
  storeHelp,
  tlsHelp,
  workflowHelp,
} from '../src/program/help.ts';
import { ownSubcommands } from '../src/program/subcommands/own.ts';
import { type Explanation, explanationOfBuiltin, explanationOfContract, grammar } from '../src/shell/builtins/help.ts';
import { builtins } from '../src/shell/builtins.ts';
import { version } from '../src/version.ts';

const program = describeProgram();
const help = program.createHelp();

/** Escapes text for roff, so that it contains no requests or escapes. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll(/[^\n\x20-\x7e]/g, (char) => `\\[u${char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`)
    .replaceAll(/^\./gm, '\\&.');
}

/** Filled text, in lines of a length that mandoc accepts. */
function prose(text: string): string {
  const lines: string[] = [];
  for (const word of roff(text).split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < 79) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word.replace(/^\./, '\\&.'));
  }
  return lines.join('\n');
}

const bold = (text: string) => `\\fB${roff(text)}\\fR`;
const term = (head: string, ...body: string[]) => ['.TP', bold(head), body.map(prose).join('\n.br\n')].join('\n');
const section = (title: string, ...parts: string[]) => [`.SH ${title}`, ...parts].join('\n');
const verbatim = (text: string) =>
  [
    '.PP',
    '.nf',
    ...text
      .trim()
      .split('\n')
      .map((line) => roff(line)),
    '.fi',
  ].join('\n');
const explained = ({ usage, facts }: Explanation) => term(usage, ...facts);

/** Text below the options in the help of a subcommand. */
const texts = new Map([
  ['server', serverHelp.split('\n\nExit codes:')[0] ?? ''],
  ['client', clientHelp],
  ['attach', attachHelp],
  ['keys', keysHelp],
  ['tls', tlsHelp],
  ['operators', operatorsHelp],
  ['context', contextHelp],
  ['store', storeHelp],
  ['workflow', workflowHelp],
  ...ownSubcommands.map(({ name, help }) => [name, help] as const),
  ['completion', completionHelp],
]);

function subcommand(command: Command): string[] {
  const children = help.visibleCommands(command).filter((child) => child.name() !== 'help');
  // `tls server` is a different subcommand.
  const text = command.parent === program ? texts.get(command.name()) : undefined;
  const usage = help.commandUsage(command).replace(/ +/g, ' ');
  return [
    `.SS ${roff(usage)}`,
    prose(command.description()),
    ...help.visibleArguments(command).map((one) => term(help.argumentTerm(one), help.argumentDescription(one))),
    ...help
      .visibleOptions(command)
      .filter(({ long }) => long !== '--help')
      .map((one) => term(help.optionTerm(one), help.optionDescription(one))),
    ...(text === undefined ? [] : [verbatim(text)]),
    ...children.flatMap(subcommand),
  ];
}

const subcommands = help.visibleCommands(program).filter((child) => child.name() !== 'help');
const contracts = [...controlCommands, ...(await builtinContracts())];
const page = [
  '.\\" Made by scripts/man-page.ts.',
  `.TH SIGNALBOX 1 "" "signalbox ${version}" "Signalbox"`,
  // No hyphenation, and no justified lines.
  '.nh',
  '.ad l',
  section('NAME', `signalbox \\- ${roff('run commands on many machines and report reliably how each ended')}`),
  section(
    'SYNOPSIS',
    subcommands
      .map(
        (child) =>
          `${bold(`signalbox ${child.name()}`)} ${roff(help.commandUsage(child).split(' ').slice(2).join(' '))}`,
      )
      .join('\n.br\n'),
  ),
  section(
    'DESCRIPTION',
    prose(
      'A server sends typed commands to clients, which run them without blocking and send output, progress and outcomes back.',
    ),
    prose('Every command ends in exactly one outcome.'),
  ),
  section('SUBCOMMANDS', ...subcommands.flatMap(subcommand)),
  section(
    'COMMANDS',
    prose('Commands of the prompt, of scripts, of -c and of source:'),
    verbatim(grammar),
    ...contracts.map((one) => explained(explanationOfContract(one))),
    ...builtins.map((one) => explained(explanationOfBuiltin(one))),
  ),
  section('EXIT STATUS', ...Object.entries(exitCodes).map(([code, meaning]) => term(code, meaning))),
  section(
    'ENVIRONMENT',
    prose(
      'An option with a variable can also be set by that variable. The command line takes precedence over the environment, and the environment over the file of --config.',
    ),
  ),
  section(
    'FILES',
    term(
      '$XDG_STATE_HOME/signalbox',
      'stores of servers, and the history of the prompt (default: ~/.local/state/signalbox)',
    ),
    term(
      '$XDG_RUNTIME_DIR/signalbox, /run/signalbox, /tmp/signalbox-UID',
      'sockets of servers, where attach finds them',
    ),
  ),
  section('SEE ALSO', prose('README.md, docs/ and SECURITY.md of the package')),
  '',
].join('\n');

const file = new URL('../man/signalbox.1', import.meta.url);
if (!process.argv.includes('--check')) {
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, page);
} else if (readFileSync(file, 'utf8') !== page) {
  process.stderr.write('man/signalbox.1 is stale; run: npm run generate\n');
  process.exitCode = 1;
}
