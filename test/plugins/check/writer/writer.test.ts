import { expect, test } from 'vitest';
import { SignalboxError } from '../../../../src/index.ts';
import type { Stored } from '../../../../src/plugins/check/writer/store/result-store.ts';
import { Writer } from '../../../../src/plugins/check/writer/writer.ts';
import type { WriterEvents } from '../../../../src/plugins/check/writer/writer-events.ts';
import { message, receivedResult } from './messages.ts';
import { ScriptedSource } from './scripted-source.ts';

const away = new SignalboxError('unavailable', 'it is away');

/** What happens, in order. */
function scene(puts: readonly (Error | undefined)[] = []) {
  const calls: string[] = [];
  const left = [...puts];
  const store = {
    async put(results: readonly unknown[], poison: Stored['poison']): Promise<Stored> {
      const error = left.shift();
      calls.push(`put ${results.length}+${poison.length}${error ? ' fails' : ''}`);
      if (error) throw error;
      return { rows: results.length, duplicates: 0, poison };
    },
  };
  const events: WriterEvents = {
    stored() {},
    storeFailing() {},
    brokerFailing: (error) => calls.push(error ? 'broker fails' : 'broker works'),
    lag() {},
    dropped() {},
  };
  return { calls, store, events, ending: new AbortController() };
}

const batch = (results: number) => Array.from({ length: results }, (_, at) => receivedResult({ seq: at + 1 }).received);

test('offsets are committed after their messages are stored, including messages that are not results', async () => {
  const { calls, store, events, ending } = scene();
  const source = new ScriptedSource([batch(2), [...batch(1), message(null)]], calls, () => ending.abort());
  await new Writer({ openSource: async () => source, store, events }).run(ending.signal);
  expect(calls).toEqual(['broker works', 'put 2+0', 'commit 2', 'put 1+1', 'commit 2', 'leave']);
});

test('while the database is down the same batch is retried, and nothing is committed', async () => {
  const { calls, store, events, ending } = scene([
    away,
    new SignalboxError('unknown', 'the answer is lost'),
    undefined,
  ]);
  const source = new ScriptedSource([batch(3)], calls, () => ending.abort());
  await new Writer({ openSource: async () => source, store, events }).run(ending.signal);
  expect(calls).toEqual(['broker works', 'put 3+0 fails', 'put 3+0 fails', 'put 3+0', 'commit 3', 'leave']);
});

test('a writer that ends while the database is down leaves the batch to others', async () => {
  const { calls, store, events, ending } = scene(Array.from({ length: 20 }, () => away));
  const source = new ScriptedSource([batch(3)], calls);
  const writing = new Writer({
    ...{ openSource: async () => source, store },
    events: { ...events, storeFailing: () => ending.abort() },
  }).run(ending.signal);
  await writing;
  expect(calls).toEqual(['broker works', 'put 3+0 fails', 'leave']);
});

test('a source that fails is closed, and another one is opened', async () => {
  const { calls, store, events, ending } = scene();
  const sources = [
    new ScriptedSource([batch(1), away], calls),
    away,
    new ScriptedSource([batch(2)], calls, () => ending.abort()),
  ];
  const openSource = async () => {
    const source = sources.shift();
    if (source instanceof ScriptedSource) return source;
    throw source;
  };
  await new Writer({ openSource, store, events }).run(ending.signal);
  expect(calls).toEqual([
    ...['broker works', 'put 1+0', 'commit 1', 'leave', 'broker fails'],
    ...['broker fails', 'broker works', 'put 2+0', 'commit 2', 'leave'],
  ]);
});

test('an error that a retry cannot fix ends the writer', async () => {
  const { store, events, ending } = scene();
  const openSource = () => Promise.reject(new SignalboxError('command_failed', 'the package is missing'));
  await expect(new Writer({ openSource, store, events }).run(ending.signal)).rejects.toMatchObject({
    code: 'command_failed',
  });
});
