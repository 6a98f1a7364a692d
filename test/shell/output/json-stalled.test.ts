import { expect, test } from 'vitest';
import type { Sink } from '../../../src/host/sink.ts';
import { JsonOutput } from '../../../src/shell/output/json.ts';
import { stamped, type Unstamped } from '../../support/stamped.ts';

/** A pipe whose reader stalls: writes wait until the test reads. */
class StalledSink implements Sink {
  readonly read: Record<string, unknown>[] = [];
  private waiting: { text: string; resolve: () => void }[] = [];

  write(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push({ text, resolve });
    return promise;
  }

  get waitingLength(): number {
    return this.waiting.reduce((sum, { text }) => sum + text.length, 0);
  }

  /** Reads everything that waits, and everything written because of that. */
  async readAll(): Promise<void> {
    while (this.waiting.length > 0) {
      for (const { text, resolve } of this.waiting.splice(0)) {
        this.read.push(JSON.parse(text));
        resolve();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  of(type: string) {
    return this.read.filter((line) => line.type === type);
  }
}

function stalled() {
  const sink = new StalledSink();
  const output = new JsonOutput(sink);
  return { sink, output, tell: (event: Unstamped) => void output.event(stamped(event)) };
}

const jobs = Array.from({ length: 1_000 }, (_, index) => ({
  id: `boot.${index}`,
  number: index,
  client: 'w1',
  command: 'calculate',
}));

test('progress uses no further memory while the reader stalls; then each job has its newest', async () => {
  const { sink, tell } = stalled();
  const rounds = 200;
  for (let round = 1; round <= rounds; round += 1) {
    for (const job of jobs) tell({ type: 'job.progress', ...job, fraction: round / rounds });
  }
  expect(sink.waitingLength).toBeLessThan(100_000);
  await sink.readAll();
  const newest = new Map(sink.of('progress').map(({ id, fraction }) => [id, fraction]));
  expect([...newest.values()]).toEqual(jobs.map(() => 1));
  expect(sink.read.length).toBeLessThan(2 * jobs.length);
});

test('pending progress is not written after the outcome of its job', async () => {
  const { sink, tell } = stalled();
  for (const job of jobs) tell({ type: 'job.progress', ...job, fraction: 0.5 });
  for (const job of jobs) tell({ type: 'job.settled', ...job, outcome: 'completed', durationMs: 1 });
  await sink.readAll();
  const ended = new Set<unknown>();
  for (const { type, id } of sink.read) {
    if (type === 'result') ended.add(id);
    else expect(ended.has(id)).toBe(false);
  }
  expect(ended.size).toBe(jobs.length);
});

test('a client that reconnects while the reader stalls is reported with its newest state and a count of the others', async () => {
  const { sink, tell } = stalled();
  for (let round = 0; round < 10_000; round += 1) {
    tell({ type: 'client.state', client: 'w1', state: 'ready' });
    tell({ type: 'client.state', client: 'w1', state: 'offline', reason: `time ${round}` });
    tell({ type: 'client.refused', client: 'w2', error: { code: 'name_taken', message: 'it is here' } });
  }
  expect(sink.waitingLength).toBeLessThan(100_000);
  await sink.readAll();
  const about = (name: string) => sink.of('client').filter(({ client }) => client === name);
  const told = (name: string) => about(name).reduce((sum, { skipped = 0 }) => sum + 1 + Number(skipped), 0);
  expect([told('w1'), told('w2')]).toEqual([20_000, 10_000]);
  expect(about('w1').at(-1)).toMatchObject({ state: 'offline', reason: 'time 9999' });
});

test('outcomes, output and acceptances are all written, in order, and the summary is the last line', async () => {
  const { sink, output, tell } = stalled();
  const [job] = jobs;
  if (!job) throw new Error('no job');
  for (const other of jobs) tell({ type: 'job.accepted', ...other });
  for (const other of jobs) tell({ type: 'job.progress', ...other, fraction: 0.5 });
  tell({ type: 'job.output', ...job, stream: 'stdout', offset: 0, data: Buffer.from('x') });
  tell({ type: 'job.settled', ...job, outcome: 'completed', durationMs: 1 });
  const counts = { completed: 1, failed: 0, cancelled: 0, rejected: 0, expired: 0, lost: 0 };
  output.summary({ counts, unfinished: 999 }, 130);
  await sink.readAll();
  const rest = sink.read.filter(({ type }) => type !== 'progress').map(({ type }) => type);
  expect(rest).toEqual([...jobs.map(() => 'accepted'), 'output', 'result', 'summary']);
  expect(sink.read.at(-1)).toMatchObject({ type: 'summary' });
  // The newest progress of running jobs comes first.
  expect(sink.of('progress')).toHaveLength(999);
});
