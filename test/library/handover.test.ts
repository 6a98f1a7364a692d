import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { defineCommand, type EventReader, implement, type OutputSource } from '../../src/index.ts';
import { openServer, startClient } from '../support/library.ts';
import { LinkProxy } from '../support/proxy.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

const commands = [stepwise];

describe('an outcome is acknowledged', () => {
  /** A server that reported an outcome and was closed; @returns what the next server is told about it. */
  async function toldNext(read: (reader: EventReader) => Promise<void>): Promise<string[]> {
    const steps = createSteps();
    await using first = await openServer({ commands });
    void read(first.watch());
    await using client = await startClient(first, { commands: [steps.implementation] });
    await first.waitForClients(1);
    const group = await first.submit('w1', stepwise, { label: 'a' });
    (await steps.begins()).end();
    await group.outcomes;
    await first.close();
    await using second = await openServer({ commands, bind: first.endpoint });
    await second.waitForClients(1);
    // All messages before this one have been received.
    const next = await second.submit(client.name, stepwise, { label: 'b' });
    (await steps.begins(2)).end();
    await second.told.first((event) => event.type === 'job.settled' && event.id === next.id);
    return second.told.of('job.settled').map(({ outcome, adopted }) => `${outcome}${adopted ? ', adopted' : ''}`);
  }

  /** Reads up to the outcome, and calls this function with it. */
  const upToOutcome = (what: (reader: EventReader) => Promise<void> | void) => async (reader: EventReader) => {
    for (;;) {
      const { value, done } = await reader.next();
      if (done) return;
      if (value.type === 'job.settled') return await what(reader);
    }
  };
  const readOn = async (reader: EventReader) => {
    for await (const _ of reader);
  };

  const holdAndReadOn = async (reader: EventReader) => {
    reader.hold();
    await readOn(reader);
  };

  test.each<[string, (reader: EventReader) => Promise<void>, string[]]>([
    ['when every reader has requested the next event', readOn, ['completed']],
    ['when a reader has left', upToOutcome(async (reader) => await reader[Symbol.asyncDispose]()), ['completed']],
    ['when the held event is released', upToOutcome((reader) => reader.hold()()), ['completed']],
    ['by nobody while a reader holds it', upToOutcome(holdAndReadOn), ['completed', 'adopted']],
    ['by nobody while a reader still processes it', upToOutcome(() => new Promise(() => {})), ['completed', 'adopted']],
  ])('%s', async (_, read, [own = '', other]) => {
    const told = await toldNext(read);
    expect(told.toSorted()).toEqual(other === undefined ? [own] : [own, `${own}, ${other}`]);
  });
});

describe('output that is kept by its command', () => {
  const keep = defineCommand({
    name: 'keep',
    summary: 'Keep output elsewhere.',
    args: z.strictObject({}),
    result: z.null(),
    example: 'keep',
  });

  async function openKeeper() {
    await using stack = new AsyncDisposableStack();
    const reads: { signal: AbortSignal; from: Readonly<Record<string, number>> }[] = [];
    const dispose = vi.fn();
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<null>();
    const source: OutputSource = {
      async *output({ from, signal }) {
        reads.push({ from, signal });
        yield { type: 'data', stream: 'stdout', offset: from.stdout, data: Buffer.from('some') };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
      end: (stream) => (stream === 'stdout' ? 1_000 : 0),
      dispose,
    };
    const keeper = implement(keep, (_args, job) => {
      job.outputFrom(source);
      begun.resolve();
      return ended.promise;
    });
    const server = stack.use(await openServer({ commands: [keep] }));
    const line = stack.use(await LinkProxy.start(Number(server.endpoint.split(':').at(-1))));
    const client = stack.use(await startClient({ endpoint: `tcp://127.0.0.1:${line.port}` }, { commands: [keeper] }));
    await server.waitForClients(1);
    await server.submit('w1', keep, {});
    await begun.promise;
    await server.told.first(({ type }) => type === 'job.output');
    const kept = stack.move();
    return { server, line, client, reads, dispose, ended, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  }

  test('is not read while there is no server, and then from the offset of the next one', async () => {
    await using open = await openKeeper();
    const { server, line, client, reads } = open;
    line.refuse();
    line.cut('rst');
    await client.told.first(({ type }) => type === 'disconnected');
    expect(reads.map(({ signal }) => signal.aborted)).toEqual([true]);
    await line.accept();
    await server.waitForClients(1);
    await vi.waitFor(() => expect(reads).toHaveLength(2), { timeout: 50_000 });
    expect(reads[1]?.from).toMatchObject({ stdout: 4 });
  });

  test('is released when its client ends, even if nobody has acknowledged it', async () => {
    await using open = await openKeeper();
    const { line, client, dispose, ended } = open;
    line.refuse();
    line.cut('rst');
    await client.told.first(({ type }) => type === 'disconnected');
    ended.resolve(null);
    await client.close();
    expect(dispose).toHaveBeenCalledTimes(1);
    expect(client.told.of('left')).toMatchObject([{ jobs: [], unacked: 1 }]);
  });
});
