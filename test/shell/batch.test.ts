import { expect, test } from 'vitest';
import { openScene } from '../support/in-process-shell.ts';
import { createSteps } from '../support/stepwise.ts';

const clients = ['w1', 'w2', 'w3', 'w4'];

async function open(options: Parameters<typeof openScene>[0] = {}) {
  const steps = createSteps();
  const scene = await openScene({ clients, commands: [steps.implementation], ...options });
  /** Ends the running jobs and all later ones. */
  const endAll = async (count: number) => {
    for (let nth = 1; nth <= count; nth += 1) (await steps.begins(nth)).end();
  };
  /** All jobs have ended, and the summary of the line is written. */
  const ends = async () => {
    await scene.shell.tally.settled();
    await new Promise(setImmediate);
  };
  return Object.assign(scene, { steps, endAll, ends });
}

test('the summary names the clients that did not get the line, in text and in JSON, and the exit code is not 0', async () => {
  for (const output of ['text', 'json'] as const) {
    await using scene = await open({ output });
    await scene.run('stepwise x --batch 1 --max-failures 0');
    (await scene.steps.begins(1)).end();
    (await scene.steps.begins(2)).fail(new Error('no'));
    await scene.ends();
    scene.shell.output.summary(scene.shell.tally, scene.shell.exitCode);
    await scene.shell.output.flush();
    expect(scene.shell.exitCode).toBe(4);
    if (output === 'json') {
      const names = { completed: ['w1'], failed: ['w2'], unsent: ['w3', 'w4'] };
      expect(scene.said('group')).toMatchObject([{ clients: 4, names }]);
      expect(scene.said('summary')).toMatchObject([{ completed: 1, failed: 1, cancelled: 2, unsent: 2 }]);
    } else {
      expect(scene.out.text).toContain('all 4: 1 stepwise: 1 completed, 1 failed (w2), 2 not sent (w[3-4])');
      expect(scene.err.text).toContain('1 completed, 1 failed, 2 not sent; exit code 4');
    }
  }
});

test('the next line of a script starts when the first job has started, and cancel --unsent does not end that job', async () => {
  await using scene = await open();
  await scene.run('stepwise x --batch 1', 'cancel 1 --unsent', 'jobs');
  expect(scene.said('job').map(({ client, state, outcome }) => `${client} ${outcome ?? state}`)).toEqual([
    'w1 accepted',
    'w2 cancelled',
    'w3 cancelled',
    'w4 cancelled',
  ]);
  await scene.endAll(1);
  await scene.ends();
  // A job that the script itself ends is not a failure of it.
  expect([scene.shell.exitCode, scene.shell.tally.unsent]).toEqual([0, 3]);
  expect(scene.said('group')).toMatchObject([{ names: { completed: ['w1'], unsent: ['w2', 'w3', 'w4'] } }]);
});

test('cancel in a script asks no question, and sends no further job in place of a cancelled one', async () => {
  const choose = () => Promise.reject(new Error('asked'));
  await using scene = await open({ choose });
  await scene.run('stepwise x --batch 2', 'cancel last');
  await scene.ends();
  expect(scene.said('group')).toMatchObject([{ names: { cancelled: ['w1', 'w2'], unsent: ['w3', 'w4'] } }]);
  expect(scene.steps.begun.length).toBeLessThanOrEqual(2);
  expect(scene.shell.exitCode).toBe(0);
});

test.each([
  [0, { completed: ['w1'], unsent: ['w2', 'w3', 'w4'] }],
  [1, { cancelled: ['w1'], unsent: ['w2', 'w3', 'w4'] }],
  [undefined, { completed: ['w1', 'w2', 'w3'], unsent: ['w4'] }],
])('cancel at a prompt asks whether to stop sending, or also to cancel the running jobs: %s', async (answer, names) => {
  const asked: string[][] = [];
  const choose = async (question: string, choices: readonly string[]) => {
    asked.push([question, ...choices]);
    return answer;
  };
  await using scene = await open({ atPrompt: true, choose, output: 'json' });
  await scene.run('stepwise x --batch 1');
  await scene.steps.begins(1);
  await scene.run('cancel 1/w4');
  await scene.run('cancel 1');
  expect(asked).toEqual([
    [
      'It runs on 1 client and was not yet sent to 2 clients.',
      'stop sending; running jobs continue',
      'stop sending and cancel running jobs',
    ],
  ]);
  if (answer !== 1) await scene.endAll(answer === undefined ? 3 : 1);
  await scene.ends();
  expect(scene.said('group')).toMatchObject([{ names }]);
});

test('--unsent of a line that was sent to all clients ends nothing', async () => {
  await using scene = await open({ atPrompt: true, output: 'text' });
  await scene.run('stepwise x');
  await scene.steps.begins(4);
  await scene.run('cancel 1 --unsent');
  expect(scene.out.text).toContain('everything was sent already; cancel without --unsent cancels it');
  await scene.endAll(4);
  await scene.shell.tally.settled();
  expect(scene.shell.tally.counts.completed).toBe(4);
});

test('jobs shows which clients wait for a turn, and job shows how many run at once and how many have failed', async () => {
  await using scene = await open({ output: 'text', keepGoing: true });
  await scene.run('stepwise x --batch 2 --max-failures 3');
  (await scene.steps.begins(1)).fail(new Error('no'));
  await scene.steps.begins(3);
  await scene.run('jobs', 'job 1/w1');
  expect(scene.out.lines.find((line) => line.startsWith('1/w4'))).toMatch(/waiting for its turn/);
  expect(scene.out.text).toContain('at most 2 at once; 1 failed, 3 allowed');
});

test('--dry-run shows how many run at once, and how many may fail', async () => {
  await using scene = await open();
  await scene.run('stepwise x --batch 50% --max-failures 1 --dry-run');
  expect(scene.said('dry-run')).toMatchObject([{ batch: '50%', maxFailures: 1, clients }]);
  expect(await scene.server.list()).toEqual([]);
});

test.each([
  ['stepwise x --batch 0', '--batch must be a whole number from 1, or 1% to 100%, not '],
  ['stepwise x --batch 101%', '--batch must be'],
  ['stepwise x --batch some', '--batch must be'],
  ['stepwise x --max-failures 1', '--max-failures needs --batch'],
  ['stepwise x --batch 1 --max-failures -1', '--max-failures must be a whole number from 0'],
])('%s is refused before anything is sent', async (line, message) => {
  await using scene = await open();
  await scene.run(line);
  expect(scene.said('error')).toMatchObject([{ code: 'bad_arguments' }]);
  expect(String(scene.said('error')[0]?.message)).toContain(message);
  expect(await scene.server.list()).toEqual([]);
});

test('rerun sends a batch again as one', async () => {
  await using scene = await open();
  await scene.run('stepwise x --batch 1 --max-failures 1');
  await scene.endAll(4);
  await scene.run('wait', 'rerun 1');
  const [, job] = (await scene.server.list()).filter(({ client }) => client === 'w1');
  const { batch } = await scene.server.get({ id: job?.id ?? '', client: 'w1' });
  expect(batch).toEqual({ size: 1, maxFailures: 1, failures: 0 });
});
