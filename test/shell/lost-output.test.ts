import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineCommand, implement } from '../../src/index.ts';
import { openScene } from '../support/in-process-shell.ts';

const lost = 2 * 1_048_576;

const spill = defineCommand({
  name: 'spill',
  summary: 'Write more than is kept.',
  args: z.strictObject({ whenFull: z.enum(['wait', 'drop']), times: z.int().min(0) }),
  result: z.null(),
  example: 'spill drop 1',
  mayLoseOutput: ({ whenFull }) => whenFull === 'drop',
});
const implementation = implement(spill, ({ times }, job) => {
  for (let time = 0; time < times; time += 1) job.output('stderr', Buffer.alloc(lost + 1_048_576, 'x'));
  return null;
});

async function after(line: string, output: 'text' | 'json') {
  await using scene = await openScene({ commands: [implementation], output });
  await scene.run(line);
  await scene.shell.tally.settled();
  return { exitCode: scene.shell.tally.exitCode, out: scene.out };
}

test('a script whose job lost output exits with 4, even if the job completed', async () => {
  const { exitCode, out } = await after('spill wait 1', 'json');
  expect(exitCode).toBe(4);
  expect(out.json.find(({ type }) => type === 'result')).toMatchObject({
    outcome: 'completed',
    lostOutput: { stderr: lost },
  });
  const sum = out.json.reduce((bytes, { lostBytes = 0 }) => bytes + Number(lostBytes), 0);
  expect(sum).toBe(lost);
});

test('an expected outcome does not excuse lost output', async () => {
  const { exitCode } = await after('expect completed spill wait 1', 'json');
  expect(exitCode).toBe(4);
});

test('output dropped on request is not a failure, but is reported', async () => {
  const { exitCode, out } = await after('spill drop 1', 'json');
  expect(exitCode).toBe(0);
  expect(out.json.find(({ type }) => type === 'result')).toMatchObject({ lostOutput: { stderr: lost } });
});

test('a job that lost nothing reports no loss', async () => {
  const { exitCode, out } = await after('spill wait 0', 'json');
  expect(exitCode).toBe(0);
  expect(out.json.find(({ type }) => type === 'result')).not.toHaveProperty('lostOutput');
});

test('text says how much was lost, at its place and in the line of the outcome', async () => {
  const { out } = await after('spill wait 1', 'text');
  expect(out.lines[0]).toBe(`w1 … ${lost} bytes of output were dropped here`);
  expect(out.lines.at(-1)).toMatch(new RegExp(`spill completed in .*: lost ${lost} bytes of stderr$`));
});
