import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { calculate, type Implementation, implement, ping } from '../../src/index.ts';

/** Leaves this process before the call returns: an immediate SIGKILL cannot take it back. */
export function logLine(facts: object): void {
  writeSync(1, `${JSON.stringify({ ts: Date.now(), ...facts })}\n`);
}

/** The output of `calculate SECONDS "chatter COUNT"`: `COUNT` lines over its seconds. */
export const chatterLine = (index: number): string => `${String(index).padStart(7, '0')} ${'x'.repeat(55)}\n`;

/**
 * The built-in commands as a client under test runs them: each start of a job is logged. The message of `calculate`
 * decides how it spends its seconds: `block` stops the event loop, `chatter COUNT` writes output, anything else waits.
 */
export function testCommands(client: string): Implementation[] {
  const begun = (id: string, message = '') => logLine({ type: 'begun', id, client, message });
  return [
    implement(ping, (_args, job) => {
      begun(job.id);
      return Math.floor(Date.now() / 1000);
    }),
    implement(calculate, async ({ seconds, message }, job) => {
      begun(job.id, message);
      const [kind, count = '0'] = message.split(' ');
      if (kind === 'block') blockEventLoop(seconds * 1000);
      else if (kind === 'chatter') {
        for (let index = 0; index < Number(count); index += 1) {
          job.output('stdout', chatterLine(index));
          if (index % 100 === 0) await sleep((seconds * 1000 * 100) / Number(count), undefined, { signal: job.signal });
        }
      } else await sleep(seconds * 1000, undefined, { signal: job.signal });
      logLine({ type: 'ended', id: job.id, client });
      return { seconds };
    }),
  ];
}

function blockEventLoop(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
