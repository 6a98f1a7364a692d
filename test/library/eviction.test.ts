import { expect, onTestFinished, test } from 'vitest';
import { readCredentials } from '../../src/keys/credentials.ts';
import { createKeyFolder } from '../support/key-folder.ts';
import { openClient, openServer } from '../support/library.ts';
import { RawDealer } from '../support/raw-peers.ts';
import { createSteps, stepwise } from '../support/stepwise.ts';

/** Sends endlessly, whatever it receives. */
function keepSending(dealer: RawDealer, message: Buffer[]): void {
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  const send = () => {
    if (isOver || dealer.closed) return;
    dealer.send(message).then(
      () => setImmediate(send),
      () => setTimeout(send, 5),
    );
  };
  send();
}

test.each([
  ['that keeps sending messages of many parts', true],
  ['that has never sent anything', false],
])('a removed key %s is cut off; others come back, and no job is lost', async (_, sends) => {
  using keys = createKeyFolder('w1', 'mallory');
  const steps = createSteps();
  await using server = await openServer({ keys: keys.folder, commands: [stepwise] });
  await using client = await openClient(server, { credentials: keys.of('w1'), commands: [steps.implementation] });
  await server.waitForClients(1);
  const group = await server.submit('w1', stepwise, { label: 'a' });
  const work = await steps.begins();
  await using mallory = await RawDealer.dial(server.endpoint, undefined, readCredentials(keys.of('mallory')));
  const cutOff = new Promise((resolve) => mallory.events.on('disconnect', resolve));
  const refused = new Promise((resolve) => mallory.events.on('handshake:error:auth', resolve));
  if (sends) keepSending(mallory, Array(1_000).fill(Buffer.alloc(0)));
  keys.store.revoke('mallory');
  await cutOff;
  await refused;
  await client.told.first(({ type }) => type === 'disconnected');
  await expect.poll(() => client.told.of('connected').length, { timeout: 50_000 }).toBe(2);
  work.end();
  expect(await group.outcomes).toMatchObject([{ outcome: 'completed' }]);
  expect(steps.begun).toHaveLength(1);
});
