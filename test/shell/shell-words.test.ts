import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';
import { openScene } from './in-process.ts';

const tell = defineCommand({
  name: 'tell',
  summary: 'Say something, and go on when cancelled.',
  args: z.strictObject({ text: z.string() }),
  result: z.null(),
  example: 'tell hello',
});
/** One line, and one that no line break ends; then it lasts until it is cancelled. */
const tellForEver = implement(tell, async ({ text }, { output, signal }) => {
  output('stdout', `half\n${text}`);
  const { promise, resolve } = Promise.withResolvers<null>();
  signal.addEventListener('abort', () => resolve(null), { once: true });
  return promise;
});
const tellOnce = implement(tell, ({ text }, { output }) => {
  output('stdout', text);
  return null;
});

describe('logs', () => {
  test('shows what has been printed, the end without a line break too', async () => {
    await using scene = await openScene({ commands: [tellOnce], output: 'text' });
    await scene.run('tell hello', 'wait');
    const before = scene.out.lines.length;
    await scene.run('logs 1');
    expect(scene.out.lines.slice(before)).toEqual(['w1 | hello']);
  });

  test('of a job that runs does not change what is shown of it at its end', async () => {
    await using scene = await openScene({ commands: [tellForEver], output: 'text' });
    await scene.run('tell "a line"');
    await scene.out.until('w1 | half');
    await scene.run('logs 1', 'cancel 1', 'wait');
    expect(scene.out.lines.filter((line) => line.startsWith('w1 |'))).toEqual([
      'w1 | half',
      'w1 | half',
      'w1 | a line',
      'w1 | a line',
    ]);
  });

  test('of a job that printed nothing shows nothing', async () => {
    await using scene = await openScene();
    await scene.run('ping', 'wait', 'logs 1');
    expect([scene.said('output'), scene.said('error')]).toEqual([[], []]);
  });
});

describe.each(['logs', 'wait', 'cancel'])('%s of a job', (word) => {
  test('that is not known is no_such_job', async () => {
    await using scene = await openScene();
    await scene.run(`${word} 99`);
    expect(scene.said('error')).toMatchObject([{ code: 'no_such_job', at: { start: word.length + 1 } }]);
    expect(scene.shell.tally.exitCode).toBe(3);
  });
});

describe('expect', () => {
  test('is met by each outcome that it names', async () => {
    await using scene = await openScene({ ready: false });
    await scene.run('expect rejected ping', 'expect completed start', 'expect completed ping');
    await scene.run('expect failed calculate 60 x --timeout 20ms', 'expect expired ping --expires 0ms');
    expect([scene.said('error'), scene.shell.tally.exitCode]).toEqual([[], 0]);
    expect(scene.shell.tally.counts).toMatchObject({ completed: 2, failed: 1, rejected: 1, expired: 1 });
  });

  test.each([
    ['expect rejected ping', 4],
    ['expect completed calculate 60 x --timeout 20ms', 5],
    ['expect failed ping --expires 0ms', 5],
  ])('%s that is not met fails with %i', async (line, exitCode) => {
    await using scene = await openScene();
    await scene.run(line);
    expect(scene.said('error')).toMatchObject([{ code: 'command_failed', line: 1 }]);
    expect(scene.shell.tally.exitCode).toBe(exitCode);
  });

  test('takes a target before it or after it', async () => {
    await using scene = await openScene({ clients: ['w1', 'w2'] });
    await scene.run('@w2 stop', 'expect rejected @w2 ping', '@w1 expect completed ping', 'expect completed ping');
    expect(scene.said('error')).toMatchObject([{ line: 4, message: 'expected completed from ping, not w2 rejected' }]);
  });

  test.each(['expect', 'expect done ping', 'expect completed', 'expect completed @w1', 'expect completed jobs'])(
    '%s is bad usage',
    async (line) => {
      await using scene = await openScene();
      await scene.run(line);
      expect(scene.said('error')).toHaveLength(1);
      expect([scene.server.jobs(), scene.shell.tally.exitCode]).toEqual([[], 2]);
    },
  );
});

describe('source', () => {
  const file = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-test-'));
    const path = join(folder, 'lines.box');
    writeFileSync(path, text.replaceAll('SELF', path));
    return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  };

  test('carries out a file, and errors name it and its line', async () => {
    using lines = file('# comment\r\nping\r\nfrobnicate\r\nping\r\n');
    await using scene = await openScene();
    await scene.run(`source ${lines.path}`, 'ping');
    expect(scene.said('error')).toMatchObject([{ code: 'unknown_command', source: lines.path, line: 3 }]);
    expect(scene.server.jobs()).toHaveLength(1);
  });

  test('of a file that sources itself ends with bad usage', async () => {
    using lines = file('source SELF\n');
    await using scene = await openScene();
    await scene.run(`source ${lines.path}`);
    expect(scene.said('error')).toMatchObject([{ code: 'bad_usage', message: 'source goes deeper than 8 files' }]);
  });

  test('of what cannot be read is bad usage and names it', async () => {
    await using scene = await openScene();
    await scene.run('source no/such.box');
    expect(scene.said('error')).toMatchObject([{ code: 'bad_usage', message: /^cannot read no\/such\.box: ENOENT/ }]);
    expect(scene.shell.tally.exitCode).toBe(2);
  });

  test('ends where the file says exit, and so does everything', async () => {
    using lines = file('exit\nping\n');
    await using scene = await openScene();
    await scene.run(`source ${lines.path}; ping`, 'ping');
    expect([scene.server.jobs(), scene.shell.exited]).toEqual([[], true]);
  });
});
