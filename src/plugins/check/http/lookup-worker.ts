import { lookup } from 'node:dns/promises';
import { stat } from 'node:fs/promises';

// The process of `Names`: resolves names, one per thread at a time.

/** A request to this process. */
export interface LookupQuestion {
  readonly id: number;
  readonly host: string;
  readonly family: 0 | 4 | 6;
}

/** Its answer: the addresses, or an error code. */
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
// A normal exit would wait for pending lookups.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// A terminal sends these signals to the whole group; the client decides when this process ends.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
// Starts the threads, so that the first lookup does not include it.
await stat('/');
process.send?.('ready');
