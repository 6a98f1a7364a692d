import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { newFolder } from '../support/new-folder.ts';
import { Program } from '../support/program.ts';

const url = 'http://127.0.0.1:1/';

function configured(lines: string) {
  const config = join(newFolder(), 'signalbox.yaml');
  const write = (text: string) => writeFileSync(config, `plugins:\n  signalbox/check:\nstanding:\n${text}`);
  write(lines);
  return { config, write };
}

const json = ['--output', 'json'];

test('commands of the configuration are held, also after a reload; checks says which do not run and why', async () => {
  const { config, write } = configured(
    `  a: check --every 1s --name one ${url}\n  b: "@w9 check --every 1s --name two ${url}"\n`,
  );
  await using program = new Program('server', '--spawn', '1', '--config', config, ...json);
  const line = async (pattern: string, from = 0) => JSON.parse(await program.more(from, new RegExp(pattern)));
  const shown = () => {
    program.type('checks');
    return program.out.filter((one) => one.includes('"type":"check"')).join('\n');
  };
  await expect
    .poll(shown, { timeout: 30_000, interval: 200 })
    .toMatch(/"check":"one","client":"w1","state":null.*"silent":"its client is unready"/);
  expect(shown()).toMatch(/"check":"two","client":null,"state":null.*"silent":"no client matches its target"/);
  program.type('start');
  expect(await line('"type":"check.down"')).toMatchObject({ check: 'one', client: 'w1' });
  write(`  c: check --every 1s --name three ${url}\n`);
  program.child.kill('SIGHUP');
  expect(await line('"type":"check.down".*"check":"three"')).toMatchObject({ client: 'w1' });
  expect(await line('"type":"result".*"outcome":"cancelled"')).toMatchObject({ command: 'check', number: 2 });
  write('  c: chekc\n');
  program.child.kill('SIGHUP');
  await expect
    .poll(() => program.err.join('\n'))
    .toContain("standing lines are unchanged: standing.c: there is no command 'chekc'");
  program.type('exit');
});

test('a server that would forget the commands that it holds does not start', async () => {
  const { config } = configured(`  a: check --every 1s ${url}\n`);
  await using program = new Program('server', '--bind', 'tcp://127.0.0.1:*', '--config', config, ...json);
  expect(await program.exitCode()).toBe(2);
  expect(program.err.join('\n')).toContain('standing lines need a durable store');
});

test('a wrong line is named, and nothing starts', async () => {
  const { config } = configured('  a: check --every 1s ftp://x/\n');
  await using program = new Program('server', '--spawn', '1', '--config', config, ...json);
  expect(await program.exitCode()).toBe(2);
  expect(program.err.join('\n')).toContain('standing.a: URL must be a URL that begins with http:// or https://');
});

test('the example of the documentation is valid', async () => {
  const config = fileURLToPath(new URL('../../examples/checks/signalbox.yaml', import.meta.url));
  await using program = new Program('server', '--spawn', '1', '--config', config, ...json, '-c', 'checks');
  expect(await program.exitCode()).toBe(0);
  const rows = program.json.filter(({ type }) => type === 'check');
  expect(rows.map(({ check }) => check)).toEqual(['example.com', 'example.org', 'https://shop.example/']);
  expect(rows.at(-1)?.silent).toBe('no client matches its target');
});
