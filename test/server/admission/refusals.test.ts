import { expect, test } from 'vitest';
import type { ServerEvent } from '../../../src/jobs/events.ts';
import { Publisher } from '../../../src/plugin/publisher.ts';
import { Refusals } from '../../../src/server/admission/refusals.ts';

test('who was refused since that was told last is told of at the end, with the count', () => {
  const publisher = new Publisher();
  const events: ServerEvent[] = [];
  publisher.subscribe((event) => void events.push(event));
  const refusals = new Refusals(publisher);
  const error = { code: 'name_taken', message: 'there is one' } as const;
  for (let time = 1; time <= 3; time += 1) refusals.tell({ client: 'w1' }, error);
  refusals[Symbol.dispose]();
  refusals[Symbol.dispose]();
  expect(events).toStrictEqual([
    { type: 'refused', client: 'w1', error },
    { type: 'refused', client: 'w1', error, times: 2 },
  ]);
});
