import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand } from '../../schemas/index.ts';
import { calculateCommand } from '../../src/client/commands/calculate.ts';
import { pingCommand } from '../../src/client/commands/ping.ts';
import { runCommand } from '../../src/client/commands/run.ts';
import { implement } from '../../src/plugin/implement.ts';
import { hintIn } from '../support/hinting.ts';
import { openScene } from '../support/in-process-shell.ts';

const commands = [pingCommand, calculateCommand, runCommand];

describe('a word of another program gets a hint to the equivalent here', () => {
  test.each([
    ['quit', 'exit'],
    ['QUIT', 'exit'],
    [':q', 'exit'],
    ['/exit', 'exit'],
    ['Ping', 'ping'],
    ['?', 'help'],
    ['ls', 'clients'],
    ['ls -l', 'run ls'],
    ['ps', 'jobs'],
    ['status', 'clients'],
    ['kill 3', 'cancel'],
    ['version', 'clients'],
    ['history', 'Ctrl-R'],
    ['uname -a', 'run uname'],
    ['help quit', 'exit'],
    ['expect completed quit', 'exit'],
    ['@w1 kill 7', 'signal'],
    ['pnig', 'ping'],
    ['container debian:12', '--plugin signalbox/container'],
    ['docker run debian:12', 'container IMAGE'],
    ['stats 7', '--plugin signalbox/container'],
    ['check https://example.org/', '--plugin signalbox/check'],
    ['@w1 --batch 2 ping', 'COMMAND --batch'],
  ])('%s: %s', async (line, word) => {
    await using scene = await openScene({ commands });
    await scene.run(line);
    const [error] = scene.said('error');
    expect([error?.code, scene.shell.tally.exitCode]).toEqual(['unknown_command', 2]);
    expect(error?.hint).toContain(word);
    expect((await hintIn(scene, line)).problem ?? word).toContain(word);
  });
});

test('the hint to a command of a loaded plug-in does not say how to load it', async () => {
  const container = defineCommand({
    name: 'container',
    summary: 'Run a container.',
    args: z.strictObject({}),
    result: z.null(),
    example: 'container',
  });
  await using scene = await openScene({ commands: [...commands, implement(container, () => null)] });
  await scene.run('docker ps');
  expect(scene.said('error')).toMatchObject([
    { hint: 'docker: type container IMAGE; images and containers list what the engine has' },
  ]);
});

describe('syntax that only a Unix shell understands', () => {
  test.each([
    ['run ls | wc', 'ls | wc'],
    ['run ls -l > /tmp/x', 'ls -l > /tmp/x'],
    ['run --timeout 1m ls 2>&1', 'ls 2>&1'],
    ['run make && make install', 'make && make install'],
    ['run make || true', 'make || true'],
    ['run sleep 10 &', 'sleep 10 &'],
    ['run sort < /etc/passwd', 'sort < /etc/passwd'],
    ['run ls|wc', 'ls|wc'],
    ['run grep "a b" f >>log', 'grep "a b" f >>log'],
    [`run echo "it's" | wc`, `echo "it'\\''s" | wc`],
    ['expect completed run ls | wc', 'ls | wc'],
  ])('%s is refused, with a hint how to use a Unix shell', async (line, program) => {
    await using scene = await openScene({ commands });
    await scene.run(line);
    const hint = expect.stringContaining(`run sh -c '${program}'`);
    expect(scene.said('error')).toMatchObject([{ code: 'bad_arguments', hint }]);
    expect(await scene.server.list()).toEqual([]);
  });

  test.each([
    ['run echo $HOME', '$HOME'],
    [`run echo a\${X}b`, `a\${X}b`],
    ['run echo $(date)', '$(date)'],
    ['run ls *.log', '*.log'],
    ['run ls file-[0-9]', 'file-[0-9]'],
    ['run ls ~/bin', '~/bin'],
    ['run grep a|b file', 'a|b'],
  ])('%s is sent, with a warning', async (line, word) => {
    await using scene = await openScene({ commands });
    await scene.run(line);
    const message = expect.stringMatching(/there is no shell: .* sh -c /);
    expect(scene.said('warning')).toMatchObject([{ message, source: 'test', line: 1 }]);
    expect(scene.said('warning')[0]?.message).toContain(`: ${word} is passed`);
    expect(await scene.server.list()).toHaveLength(1);
    expect((await hintIn(scene, line)).problem).toContain('there is no shell');
  });

  test.each([
    `run sh -c 'ls | wc > "$HOME"/x && true'`,
    `run grep '|' file`,
    `run echo "*" '$HOME' \\>`,
    'run curl http://host/x?a=1&b=*',
    'run test a = b',
    'run env A=b true -- -x',
    'run --env A=$B true',
    'calculate 0 $HOME',
  ])('%s is taken literally', async (line) => {
    await using scene = await openScene({ commands });
    await scene.run(line);
    expect([scene.said('warning'), scene.said('error')]).toEqual([[], []]);
    expect(await scene.server.list()).toHaveLength(1);
  });

  test.each(['ping | tee x', 'ping && ping', 'jobs > x', 'clients | wc', 'calculate 1 x 2>&1'])(
    '%s is refused: nothing takes it',
    async (line) => {
      await using scene = await openScene({ commands });
      await scene.run(line);
      expect(scene.said('error')).toMatchObject([{ message: expect.stringContaining('there is no shell') }]);
      expect(await scene.server.list()).toEqual([]);
    },
  );
});
