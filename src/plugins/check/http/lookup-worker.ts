import { lookup } from 'node:dns/promises';
import { stat } from 'node:fs/promises';

// The process of `Names`: resolves names, as many at a time as there are threads for.

/** What it is asked. */
export interface LookupQuestion {
  readonly id: number;
  readonly host: string;
  readonly family: 0 | 4 | 6;
}

/** What it answers: the addresses, or the code of what went wrong. */
export interface LookupAnswer {
  readonly id: number;
  readonly addresses?: readonly string[];
  readonly code?: string;
}

process.on('message', async ({ id, host, family }: LookupQuestion) => {
  let answer: LookupAnswer;
  try {
    const found = await lookup(host, { all: true, family, order: 'verbatim' });
    answer = { id, addresses: found.map(({ address }) => address) };
  } catch (error) {
    answer = { id, code: error instanceof Error && 'code' in error ? String(error.code) : 'EAI_FAIL' };
  }
  process.send?.(answer);
});
// An exit would wait for the names that are not resolved yet.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A terminal sends these to the whole group; the client decides when it ends.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
// Starts the threads, so that this is no part of the first lookup.
await stat('/');
process.send?.('ready');
