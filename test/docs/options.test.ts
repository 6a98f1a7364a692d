import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { builtinImplementations } from '../../src/index.ts';
import { parseLine } from '../../src/shell/parse/parse.ts';
import { openScene } from '../support/in-process-shell.ts';
import { blocksOf, pages, read, root } from './markdown.ts';

const run = promisify(execFile);
const subcommands = [
  'server',
  'client',
  'health',
  'keys',
  'keys init',
  'keys add',
  'keys list',
  'keys revoke',
  'tls',
  'tls init',
  'tls server',
  'tls operator',
  'operators',
  'operators add',
  'operators list',
  'operators remove',
  'operators rotate',
  'store',
  'store info',
  'store export',
  'store copy',
  'store vacuum',
  'presence',
  'presence gateway',
  'presence status',
  'presence user',
  'presence count',
  'completion',
];
const options = new Map<string, Set<string>>();

beforeAll(async () => {
  for (const name of subcommands) {
    const { stdout } = await run(process.execPath, [`${root}src/main.ts`, ...name.split(' '), '--help']);
    options.set(name, new Set(stdout.match(/(?<![\w-])--?[a-z][a-z-]*/g)));
  }
}, 60_000);

/** The code on a page: between backquotes, and the lines for cron. */
const codeOn = (page: string): string[] => [
  ...read(page)
    .replaceAll(/^```[\s\S]*?^```$/gm, '')
    .matchAll(/`([^`\n]+)`/g)
    .map(([, code = '']) => code),
  ...blocksOf(page)
    .filter(({ language }) => language === 'crontab')
    .map(({ text }) => text),
];

/** The subcommand in a text, and its options. */
function callIn(code: string): { subcommand: string; given: string[] } | undefined {
  const [, after] =
    /\bsignalbox ((?:server|client|health|keys|tls|operators|store|presence|completion)\b.*)/.exec(code) ?? [];
  if (after === undefined) return undefined;
  const subcommand = subcommands.findLast((name) => `${after} `.startsWith(`${name} `)) ?? '';
  const [own = ''] = after.split(/ [<>|]| -c /);
  return { subcommand, given: own.match(/(?<= )--?[a-z][a-z-]*/g) ?? [] };
}

test.for(pages)('each signalbox command in the text of %s has options that the program has', (page) => {
  const wrong = codeOn(page).filter((code) => {
    const call = callIn(code);
    return call?.given.some((option) => !options.get(call.subcommand)?.has(option));
  });
  expect(wrong).toEqual([]);
});

test('a command with a wrong option is found', () => {
  expect(callIn('npx signalbox server --spwan 2 < x')).toEqual({ subcommand: 'server', given: ['--spwan'] });
  expect(callIn('signalbox keys add w1 --replicas')).toEqual({ subcommand: 'keys add', given: ['--replicas'] });
});

test('each npm script that a page names exists', () => {
  const { scripts } = JSON.parse(read('package.json'));
  const named = [...pages, 'CONTRIBUTING.md', 'SECURITY.md'].flatMap((page) =>
    [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script),
  );
  expect(named.filter((script) => scripts[script ?? ''] === undefined)).toEqual([]);
});

test('each example in the table of commands is valid', async () => {
  await using scene = await openScene({ commands: await builtinImplementations() });
  const examples = read('docs/commands.md').match(/(?<=\| (control|data|shell) \|.*\| `)[^`]+(?=` \|$)/gm) ?? [];
  expect(examples.length).toBe(scene.server.commands.size + scene.shell.builtins.size);
  for (const example of examples) {
    for (const statement of parseLine(example))
      expect(() =>
        scene.shell.prepare(statement, scene.shell.line({ source: 'test', line: 1, text: example })),
      ).not.toThrow();
  }
});
