import { expect, test } from 'vitest';
import type { Event } from '../../../src/jobs/events.ts';
import { FaultReports } from '../../../src/plugin/fault-reports.ts';
import { Refusals } from '../../../src/server/admission/refusals.ts';
import { EventBus } from '../../../src/server/event-bus.ts';

test('observers get each refusal; readers get the first one, and at the end the number of later ones', async () => {
  const observed: Event[] = [];
  const events = new EventBus([{ name: 'test', on: (event) => void observed.push(event) }], new FaultReports());
  const reader = events.read();
  const refusals = new Refusals(events);
  const error = { code: 'name_taken', message: 'there is one' } as const;
  for (let time = 1; time <= 3; time += 1) refusals.tell({ client: 'w1' }, error);
  refusals[Symbol.dispose]();
  refusals[Symbol.dispose]();
  events.close();
  const read: Event[] = [];
  for await (const event of reader) read.push(event);
  expect(read).toMatchObject([
    { type: 'client.refused', client: 'w1', error },
    { type: 'client.refused', client: 'w1', error, times: 2 },
  ]);
  expect(observed).toMatchObject(Array.from({ length: 3 }, () => ({ type: 'client.refused', client: 'w1', error })));
});
