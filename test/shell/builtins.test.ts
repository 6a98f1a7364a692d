import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { calculate, defineCommand, implement } from '../../src/index.ts';
import { openScene, type Scene } from '../support/in-process-shell.ts';

const tell = defineCommand({
  name: 'tell',
  summary: 'Say something, and go on when cancelled.',
  args: z.strictObject({ text: z.string() }),
  result: z.null(),
  example: 'tell hello',
});
/** One line, and an unfinished one; then it runs until it is cancelled. */
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
  test('shows the output so far, also an unfinished line', async () => {
    await using scene = await openScene({ commands: [tellOnce], output: 'text' });
    await scene.run('tell hello', 'wait');
    const before = scene.out.lines.length;
    await scene.run('logs 1');
    expect(scene.out.lines.slice(before)).toEqual(['w1 | hello']);
  });

  test('of a running job does not change what is shown at its end', async () => {
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

  test('of a job without output shows nothing', async () => {
    await using scene = await openScene();
    await scene.run('ping', 'wait', 'logs 1');
    expect([scene.said('output'), scene.said('error')]).toEqual([[], []]);
  });
});

describe.each(['logs', 'wait', 'cancel'])('%s of a job', (word) => {
  test('of an unknown job is no_such_job', async () => {
    await using scene = await openScene();
    await scene.run(`${word} 99`);
    expect(scene.said('error')).toMatchObject([{ code: 'no_such_job', at: { start: word.length + 1 } }]);
    expect(scene.shell.tally.exitCode).toBe(3);
  });
});

test('clients has a column of facts if a command has reported some', async () => {
  const knowing = implement(tell, () => null, { facts: () => ({ engine: 'Keeper 1.0', gpu: '2' }) });
  const shown: string[] = [];
  for (const commands of [[tellOnce], [knowing]]) {
    await using scene = await openScene({ commands, output: 'text' });
    await scene.run('clients');
    shown.push(...scene.out.lines.map((line) => line.replace(/.*( FACTS| engine: .*)$|.*/, '$1')));
  }
  expect(shown).toEqual(['', '', ' FACTS', ' engine: Keeper 1.0, gpu: 2']);
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
    expect(scene.said('error')).toMatchObject([
      { line: 4, message: 'expected completed from ping, got rejected on w2' },
    ]);
  });

  test.each(['expect', 'expect done ping', 'expect completed', 'expect completed @w1', 'expect completed jobs'])(
    '%s is bad usage',
    async (line) => {
      await using scene = await openScene();
      await scene.run(line);
      expect(scene.said('error')).toHaveLength(1);
      expect([await scene.server.list(), scene.shell.tally.exitCode]).toEqual([[], 2]);
    },
  );
});

describe('signal', () => {
  test.each([
    ['a command that takes none', 'tell hello', 'signal last TERM'],
    ['a control command', 'start', 'signal 1/w1 HUP'],
  ])('to a job of %s says so', async (_, line, signal) => {
    await using scene = await openScene({ commands: [tellForEver], keepGoing: true });
    await scene.run('tell begin', line, signal.replace('1/', '2/'));
    const [error] = scene.said('error');
    expect(error).toMatchObject({ line: 3 });
    expect(error?.message).toMatch(/does not accept signals|has ended/);
  });
});

describe('wait for a job of another session', () => {
  const failing = implement(tell, () => {
    throw new Error('no');
  });
  async function withOthers(): Promise<Scene> {
    const scene = await openScene({ commands: [failing] });
    const jobs = await scene.server.submit('w1', tell, { text: 'x' });
    await jobs.outcomes;
    return scene;
  }

  test('its failure fails and ends the script', async () => {
    await using scene = await withOthers();
    await scene.run('wait %1', 'tell y');
    expect(scene.said('error')).toMatchObject([{ code: 'command_failed', message: '1/w1 failed' }]);
    expect([(await scene.server.list()).length, scene.shell.exitCode]).toEqual([1, 4]);
  });

  test('waiting for all jobs judges none', async () => {
    await using scene = await withOthers();
    await scene.run('wait');
    expect(scene.shell.exitCode).toBe(0);
  });

  test('jobs of the script are judged once, as expect says', async () => {
    await using scene = await openScene({ commands: [failing], keepGoing: true });
    await scene.run('expect failed tell x', 'wait last', 'wait %1');
    expect([scene.said('error'), scene.shell.exitCode]).toEqual([[], 0]);
    await scene.run('tell x', 'wait last', 'wait 2');
    expect([scene.said('error'), scene.shell.exitCode]).toEqual([[], 4]);
  });

  test('a job that the script cancels is not a failure, a job that another session cancels is one', async () => {
    await using scene = await openScene({ keepGoing: true });
    for (const message of ['a', 'b']) await scene.server.submit('w1', calculate, { seconds: 600, message });
    await scene.run('cancel %1', 'wait %1');
    expect(scene.shell.exitCode).toBe(0);
    await scene.server.cancel((await scene.server.list()).filter(({ number }) => number === 2));
    await scene.run('wait %2');
    expect(scene.said('error')).toMatchObject([{ message: '2/w1 cancelled' }]);
    expect(scene.shell.exitCode).toBe(4);
  });
});

describe('wait', () => {
  test.each(['wait --timeout 10ms', 'wait last --timeout 10ms', 'wait --clients 9 --timeout 10ms'])(
    '%s that runs out of time is a failure like any other: the line goes on with keepGoing, and ends without',
    async (wait) => {
      const line = `calculate 600 x; ${wait}; cancel last`;
      await using goesOn = await openScene({ keepGoing: true });
      await goesOn.run(line);
      await goesOn.shell.tally.settled();
      expect(goesOn.said('error')).toMatchObject([{ code: 'timed_out' }]);
      expect([(await goesOn.server.list()).at(-1)?.outcome, goesOn.shell.exitCode]).toEqual(['cancelled', 5]);
      await using ends = await openScene();
      await ends.run(line);
      expect(ends.said('error')).toMatchObject([{ code: 'timed_out' }]);
      expect([(await ends.server.list()).at(-1)?.outcome, ends.shell.exitCode]).toEqual([undefined, 5]);
    },
  );
});

describe('exit', () => {
  test.each([
    ['exit', 0],
    ['exit 0', 0],
    ['exit 7', 7],
    ['exit 255', 255],
  ])('%s exits with %i', async (line, code) => {
    await using scene = await openScene();
    await scene.run('ping', line, 'ping');
    expect([(await scene.server.list()).length, scene.shell.exitCode]).toEqual([1, code]);
  });

  test('with a code decides, also over failures before and after it', async () => {
    await using scene = await openScene({ keepGoing: true });
    await scene.run('frobnicate', 'calculate 600 x --timeout 20ms', 'exit 0');
    await scene.shell.tally.settled();
    expect([scene.shell.tally.exitCode, scene.shell.exitCode]).toEqual([5, 0]);
  });

  test('without a code exits with the worst failure of a script, and with 0 from a prompt', async () => {
    await using script = await openScene({ keepGoing: true });
    await script.run('frobnicate', 'exit');
    await using prompt = await openScene({ atPrompt: true });
    await prompt.run('frobnicate', 'exit');
    expect([script.shell.exitCode, prompt.shell.exitCode]).toEqual([2, 0]);
  });

  test.each(['exit 256', 'exit -1', 'exit 1.5', 'exit now', 'exit 1 2', 'exit 0x1'])(
    '%s is bad usage',
    async (line) => {
      await using scene = await openScene();
      await scene.run(line);
      expect(scene.said('error')).toMatchObject([{ code: 'bad_usage' }]);
      expect(scene.shell.exited).toBe(false);
    },
  );
});
