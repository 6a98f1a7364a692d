import { expect, test } from 'vitest';
import { openScene } from '../support/in-process-shell.ts';

test('jobs, cancel and wait accept places, and the script ends with the outcomes of those', async () => {
  await using scene = await openScene({ clients: ['w1'], ready: false, keepGoing: true });
  const { server } = scene;
  const events = server.watch();
  const sending = scene.run('calculate 0.01 x --pick 2 --expires 1m', 'wait 1', 'job 1/#1');
  for await (const event of events) if (event.type === 'job.submitted' && event.place === 2) break;
  await scene.run('jobs', 'cancel %1/#2', 'start');
  await sending;
  const rows = scene.said('job').slice(0, 2);
  expect(rows).toMatchObject([
    { number: 1, client: null, place: 1, command: 'calculate', state: 'waiting' },
    { number: 1, client: null, place: 2, command: 'calculate', state: 'waiting' },
  ]);
  const results = scene.said('result').filter(({ command }) => command === 'calculate');
  expect(results).toMatchObject([
    { client: null, place: 2, outcome: 'cancelled' },
    { client: 'w1', place: 1, outcome: 'completed' },
  ]);
  expect(scene.said('placed')).toMatchObject([{ number: 1, client: 'w1', place: 1 }]);
  expect(scene.said('group').at(-1)).toMatchObject({ clients: 2, names: { cancelled: ['#2'], completed: ['w1'] } });
  expect(scene.said('error')).toEqual([]);
  expect(scene.shell.tally.exitCode).toBe(0);
});

test('text shows a place as #1 until it has a client', async () => {
  await using scene = await openScene({ clients: ['w1'], ready: false, output: 'text', keepGoing: true });
  await scene.run('calculate 1 x --pick 1 --expires 1ms', 'jobs', 'rerun 1');
  const text = `${scene.out.text}${scene.err.text}`;
  expect(text).toContain('1/#1');
  expect(text).toMatch(/#1.*expired/);
  expect(text).toContain('no client could accept it before it expired');
  expect(text).toContain('never had a client');
  expect(scene.shell.tally.exitCode).toBe(5);
});
