import { expect, test } from 'vitest';
import { DivertibleSink } from '../../src/host/divertible-sink.ts';
import { MemorySink } from '../support/in-process-shell.ts';

test('while another stands in for it all goes there, and then back', async () => {
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
