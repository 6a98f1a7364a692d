import { expect, test } from 'vitest';
import { LastLines } from '../../../src/shell/prompt/last-lines.ts';
import { stamped } from '../../support/stamped.ts';

test('the last output of a job is a line, also if it came in pieces, is rewritten, or has not ended', () => {
  const lines = new LastLines();
  const job = { id: 'boot.1', number: 1, client: 'w1', command: 'run' };
  const seen = ['first\nCont', 'inue? ', '\n10 %', '\r20 ', '%\r'].map((text) => {
    const output = { type: 'job.output', stream: 'stdout', offset: 0 } as const;
    lines.event(stamped({ ...output, ...job, data: Buffer.from(text) }));
    lines.event(stamped({ ...output, ...job, client: 'w2', data: Buffer.from('other\n') }));
    return lines.of(job);
  });
  expect(seen).toEqual(['Cont', 'Continue? ', '10 %', '20 ', '20 %']);
  lines.event(stamped({ type: 'job.settled', ...job, outcome: 'completed', result: null }));
  expect(lines.of(job)).toBeUndefined();
});
