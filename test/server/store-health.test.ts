import { expect, test } from 'vitest';
import { SignalboxError } from '../../schemas/index.ts';
import { FaultReports } from '../../src/plugin/fault-reports.ts';
import { EventBus } from '../../src/server/event-bus.ts';
import { StoreHealth } from '../../src/server/store-health.ts';
import { RecordingObserver } from '../support/recording-observer.ts';

const full = new SignalboxError('unavailable', 'the disk is full');

async function open() {
  const observer = new RecordingObserver();
  const bus = new EventBus([observer], new FaultReports());
  const reader = bus.read();
  const read: string[] = [];
  const reading = (async () => {
    for await (const event of reader) read.push(event.type);
  })();
  const told = () => observer.of('store').map(({ operation, error }) => `${operation} ${error?.code ?? 'works'}`);
  const close = async () => {
    bus.close();
    await reading;
  };
  return { health: new StoreHealth(bus), told, read, close };
}

test('each change is reported once: the failure, and the recovery', async () => {
  const { health, told, close } = await open();
  health.worked('commit');
  for (let tries = 0; tries < 3; tries += 1) health.failed('commit', full);
  health.worked('commit');
  health.worked('commit');
  for (let tries = 0; tries < 3; tries += 1) health.failed('prune', full);
  health.failed('commit', full);
  health.worked('prune');
  await close();
  expect(told()).toEqual([
    'commit unavailable',
    'commit works',
    'prune unavailable',
    'commit unavailable',
    'prune works',
  ]);
});

test('a failed deletion is not reported while the store fails to store', async () => {
  const { health, told, close } = await open();
  health.failed('commit', full);
  health.failed('prune', full);
  health.worked('prune');
  await close();
  expect(told()).toEqual(['commit unavailable']);
});

test('only observers learn of another server that holds the store: readers get the end of this one', async () => {
  const { health, told, read, close } = await open();
  health.replaced(new SignalboxError('store_in_use', 'taken'));
  await close();
  expect([told(), read]).toEqual([['commit store_in_use'], []]);
});
