import { expect, test } from 'vitest';
import { DivertibleSink } from '../../src/host/divertible-sink.ts';
import { MemorySink } from '../support/in-process-shell.ts';

test('all writes go to a replacement while there is one, and then to the original again', async () => {
  const [own, other] = [new MemorySink(), new MemorySink()];
  const sink = new DivertibleSink(own);
  await sink.write('before ');
  {
    using _ = sink.divertTo(other);
    await sink.write('meanwhile');
  }
  await sink.write('after');
  expect([own.text, other.text]).toEqual(['before after', 'meanwhile']);
});
