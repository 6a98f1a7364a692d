import { expect, test } from 'vitest';
import { DivertibleSink } from '../../src/host/divertible-sink.ts';
import { EndBound } from '../../src/host/end-bound.ts';
import { Hangups } from '../../src/host/hangups.ts';
import { openLog } from '../../src/observe/log/open-log.ts';
import { MemorySink } from '../support/in-process-shell.ts';

test('control characters are escaped, and the value stays the same', async () => {
  const stderr = Object.assign(new MemorySink(), { end: async () => {} });
  const host = { stderr: new DivertibleSink(stderr), endBound: new EndBound(stderr, () => {}), hangups: new Hangups() };
  const reason = 'a\u001b[31m\u009b31m\u007f\n\u202eb\u2028"\ud83d';
  {
    await using log = await openLog({ to: '-', level: 'info', program: 'server', host });
    log.logger.info({ reason }, 'refused');
    log.logger.debug('not asked for');
  }
  expect(stderr.text).toMatch(/^[ -~]+\n$/);
  expect(stderr.json).toMatchObject([{ level: 'info', program: 'server', pid: process.pid, reason, msg: 'refused' }]);
});
