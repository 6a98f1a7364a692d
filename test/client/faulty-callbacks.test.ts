import { expect, test } from 'vitest';
import { z } from 'zod';
import { createClient, defineCommand, type Fault, implement } from '../../src/index.ts';
import { openServer } from '../support/library.ts';

const speak = defineCommand({
  name: 'speak',
  summary: 'Print a line on the client.',
  args: z.strictObject({}),
  result: z.string(),
  example: 'speak',
});
const speaking = implement(speak, (_, job) => {
  job.print('a line');
  return 'spoken';
});

const faulty: Record<string, () => never> = {
  'that throw': () => {
    throw new Error('the callback is broken');
  },
  // As an untyped program may have them.
  'whose promises reject': () => Promise.reject(new Error('the callback is broken')) as never,
};

test.for(Object.entries(faulty))(
  'callbacks of a client %s end neither its session nor a job, and are reported once',
  async ([, callback]) => {
    const faults: Fault[] = [];
    await using server = await openServer({ commands: [speak] });
    await using _client = await createClient({
      connect: server.endpoint,
      name: 'w1',
      commands: [speaking],
      ready: true,
      onEvent: callback,
      print: callback,
      trace: callback,
      onFault: (fault) => faults.push(fault),
    });
    await server.waitForClients(1);
    for (let round = 0; round < 3; round += 1) {
      const [ended] = await (await server.submit('w1', speak, {})).outcomes;
      expect(ended).toMatchObject({ outcome: 'completed', result: 'spoken' });
    }
    expect(faults.map(({ source }) => source).sort()).toEqual(['onEvent', 'print', 'trace']);
    expect(new Set(faults.map(({ error }) => error.message))).toEqual(new Set(['the callback is broken']));
    expect(server.told.of('client.left')).toEqual([]);
  },
);
