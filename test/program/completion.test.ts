import { describe, expect, test } from 'vitest';
import { describeProgram } from '../../src/program/command-tree.ts';
import { type Around, completeLine } from '../../src/program/completion/complete-line.ts';
import { replyOf } from '../../src/program/completion/reply.ts';
import { readTypedLine } from '../../src/program/completion/typed-line.ts';

const breaks = ' \t\n"\'@><=;|&(:';
const around: Around = {
  async extend() {},
  completeShellLine: async (line) => ({
    candidates: [{ text: '@w1', about: '' }],
    typed: line.split(' ').at(-1) ?? '',
  }),
  servers: async ({ values }) => [{ text: `${values.get('--socket-dir')}/box.sock`, about: '' }],
  credentials: async () => ['w1', 'w2', 'web'].map((text) => ({ text, about: '' })),
  contexts: async () => ['prod', 'stage'].map((text) => ({ text, about: '' })),
  operators: async () => ['ada', 'bob'].map((text) => ({ text, about: '' })),
  commands: async () => ['ping', 'calculate'].map((text) => ({ text, about: '' })),
};

/** The candidates for a line: words, or `files` or `folders`. */
async function offered(line: string): Promise<readonly string[] | string> {
  const completions = await completeLine(describeProgram(), readTypedLine(line), around);
  return typeof completions === 'string' ? completions : completions.words.map(({ text }) => text);
}

describe('the offered words', () => {
  test.each([
    [
      'signalbox ',
      [
        'server',
        'client',
        'attach',
        'health',
        'keys',
        'tls',
        'operators',
        'context',
        'store',
        'workflow',
        'presence',
        'check',
        'completion',
        'help',
      ],
    ],
    ['signalbox presence ', ['gateway', 'status', 'user', 'count', 'help']],
    ['signalbox presence gateway --store ', ['memory', 'sqlite:', 'postgres://']],
    ['signalbox presence user --id x --co', ['--connect', '--count', '--config']],
    ['signalbox keys ', ['init', 'add', 'list', 'revoke', 'help']],
    ['signalbox tls ', ['init', 'server', 'operator', 'help']],
    ['signalbox tls init --', ['--host', '--days', '--json', '--help']],
    ['signalbox tls init ', 'folders'],
    ['signalbox tls operator ada ', 'folders'],
    ['signalbox operators ', ['add', 'list', 'remove', 'rotate', 'help']],
    ['signalbox operators add ada --role ', ['viewer', 'operator', 'admin']],
    ['signalbox operators add ada --r', ['--role']],
    ['signalbox context ', ['add', 'use', 'list', 'remove', 'help']],
    ['signalbox context use p', ['prod']],
    ['signalbox context remove ', ['prod', 'stage']],
    ['signalbox context add x https://h --token', ['--token-file']],
    ['signalbox attach --context ', ['prod', 'stage']],
    ['signalbox operators add ', []],
    ['signalbox operators remove ', ['ada', 'bob']],
    ['signalbox operators rotate a', ['ada']],
    ['signalbox operators rotate ada ', []],
    ['signalbox operators list --socket-dir /run/x --at /', ['/run/x/box.sock']],
    ['signalbox store v', ['vacuum']],
    ['signalbox completion ', ['bash', 'zsh', 'fish']],
    ['signalbox store copy ', ['memory', 'sqlite:', 'postgres://']],
    ['signalbox store copy sqlite:a p', ['postgres://']],
    ['signalbox store copy a b ', []],
    ['signalbox keys add --', ['--replicas', '--label', '--keys', '--json', '--help']],
    ['signalbox keys add w1 --json --', ['--replicas', '--label', '--keys', '--help']],
    ['signalbox client --u', ['--until-stdin-ends']],
    ['signalbox client --allow-', []],
    ['signalbox server --log-level ', ['debug', 'info', 'warn', 'error']],
    ['signalbox server --log-level=w', ['--log-level=warn']],
    ['signalbox server --echo=', []],
    ['signalbox server --spawn ', []],
    ['signalbox client --allow ', ['ping', 'calculate']],
    ['signalbox client --allow=ping,', ['--allow=ping,calculate']],
    ['signalbox server -c start --comm', ['--command']],
    ['signalbox server -c "start; use @', ['start; use @w1']],
    ['signalbox server --begin @', ['@w1']],
    ['signalbox health --at x -', ['--help']],
    ['signalbox server -- --ec', []],
    ['signalbox keys revoke ', ['w1', 'w2', 'web']],
    ['signalbox keys revoke w2 w', ['w1', 'web']],
    ['signalbox keys add w', []],
    ['signalbox attach --socket-dir /run/x ', ['/run/x/box.sock']],
    ['signalbox attach --socket-dir=/run/x --echo /', ['/run/x/box.sock']],
    ['signalbox attach /run/x/box.sock ', []],
  ])('%s', async (line, words) => {
    expect(await offered(line)).toEqual(words);
  });

  test.each([
    ['signalbox server --log ', 'files'],
    ['signalbox server --config=', 'files'],
    ['signalbox server --plugin a --plugin ', 'files'],
    ['signalbox health --at ', 'files'],
    ['signalbox keys init --keys ', 'folders'],
    ['signalbox server --socket-dir=x', 'folders'],
  ])('%s is completed by the shell: %s', async (line, kind) => {
    expect(await offered(line)).toBe(kind);
  });

  test('each subcommand with options offers every option of its help, with its description', async () => {
    const program = describeProgram();
    const help = program.createHelp();
    for (const command of [...help.visibleCommands(program), ...program.commands.flatMap((one) => one.commands)]) {
      const path = command.parent === program ? command.name() : `${command.parent?.name()} ${command.name()}`;
      if (command.name() === 'help') continue;
      expect(await offered(`signalbox ${path} --`)).toEqual(help.visibleOptions(command).map(({ long }) => long));
    }
  });
});

test.each([
  ['a b', ['a'], 'b', undefined, 0],
  ['a b ', ['a', 'b'], '', undefined, 0],
  ["a 'b c' d", ['a', 'b c'], 'd', undefined, 0],
  ["a 'b c", ['a'], 'b c', "'", 0],
  ["a --x='b c", ['a'], '--x=b c', "'", 4],
  ["a --x='b'c", ['a'], '--x=bc', undefined, 4],
  ['a "b\\"c', ['a'], 'b"c', '"', 0],
  ["a '\\", ['a'], '\\', "'", 0],
  ['a b\\ c', ['a'], 'b c', undefined, 0],
  ["a ''", ['a'], '', undefined, 0],
  ['a sqlite:b', ['a'], 'sqlite:b', undefined, 7],
  ["a 'sqlite:b", ['a'], 'sqlite:b', "'", 0],
  ['a @w1,@w2', ['a'], '@w1,@w2', undefined, 5],
])('%s is split into words, the last word and the part that bash keeps', (line, words, word, quote, kept) => {
  expect(readTypedLine(line, breaks)).toEqual({ words, word, quote, kept });
});

test('bash receives only the text to insert, without the part that it keeps', () => {
  const words = [{ text: '--x=a b', about: 'two  words' }];
  expect(replyOf({ words }, readTypedLine('s --x=a', breaks), true)).toBe('words\na\\ b\ttwo words\n');
  expect(replyOf({ words }, readTypedLine("s --x='a", breaks), true)).toBe('words\na b\ttwo words\n');
  expect(replyOf({ words }, readTypedLine('s --x=a'), false)).toBe('words\n--x=a b\ttwo words\n');
});

test('no space is added after a word that can continue', () => {
  const reply = (text: string) => replyOf({ words: [{ text, about: '' }] }, readTypedLine('s '), false).split('\n')[0];
  expect(['sqlite:', 'postgres://', 'a,', '--x=', 'ping'].map(reply)).toEqual([
    'open',
    'open',
    'open',
    'open',
    'words',
  ]);
});
