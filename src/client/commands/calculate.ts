import { setTimeout as sleep } from 'node:timers/promises';
import { calculate } from '../../../schemas/commands/calculate.ts';
import { monotonicMs } from '../../clock.ts';
import { implement } from '../../plugin/implement.ts';

const stepMs = 250;

export const calculateCommand = implement(calculate, async ({ seconds, message }, job) => {
  const beganMs = monotonicMs();
  const totalMs = seconds * 1000;
  for (;;) {
    const passedMs = monotonicMs() - beganMs;
    if (passedMs >= totalMs) break;
    await sleep(Math.min(Math.ceil(totalMs - passedMs), stepMs), undefined, { signal: job.signal });
    job.progress(Math.min(1, (monotonicMs() - beganMs) / totalMs));
  }
  job.print(message);
  job.output('stdout', `${message}\n`);
  return { seconds: Math.round(monotonicMs() - beganMs) / 1000 };
});
