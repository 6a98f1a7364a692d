import { setTimeout as passing } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Commander } from './commander-process.ts';
import { quantile } from './quantile.ts';
import { Scene } from './scene.ts';

const rounds = 3;
const names = (prefix: string) => Array.from({ length: rounds }, (_, index) => `${prefix}${index + 1}`);

/** Medians in ms: from a cancel to the end of its job, from a terminate to its acceptance by the client. */
async function reached(commander: Commander, client: string): Promise<{ cancelMs: number; terminateMs: number }> {
  const cancels = await commander.order('cancels', client, 15);
  const [terminateMs = Number.NaN] = (await commander.order('terminate', client)).tookMs;
  // The effects of the end of this client on the server are over before the next one is timed.
  await passing(1_000);
  return { cancelMs: quantile(cancels.tookMs, 0.5), terminateMs };
}

/** Idle and busy clients alternate, so that other load of this machine affects both equally. */
async function compared(commander: Commander, idle: string, busy: string, queue: number) {
  const times = { idle: { cancel: [0], terminate: [0] }, busy: { cancel: [0], terminate: [0] } };
  for (const kind of Object.values(times)) for (const list of Object.values(kind)) list.length = 0;
  for (const [index, name] of names(busy).entries()) {
    const one = await reached(commander, `${idle}${index + 1}`);
    await commander.order('send', name, queue);
    const other = await reached(commander, name);
    times.idle.cancel.push(one.cancelMs);
    times.idle.terminate.push(one.terminateMs);
    times.busy.cancel.push(other.cancelMs);
    times.busy.terminate.push(other.terminateMs);
  }
  const ratio = (what: 'cancel' | 'terminate') => quantile(times.busy[what], 0.5) / quantile(times.idle[what], 0.5);
  for (const what of ['cancel', 'terminate'] as const) {
    const ms = (values: number[]) => values.map((value) => value.toFixed(2)).join(', ');
    process.stderr.write(
      `${what}: idle ${ms(times.idle[what])} ms, 1,000 jobs and ${queue} waiting ${ms(times.busy[what])} ms,` +
        ` ratio ${ratio(what).toFixed(1)}\n`,
    );
  }
  return { cancelRatio: ratio('cancel'), terminateRatio: ratio('terminate') };
}

test('cancel and terminate reach a client that answers nothing, with 1,000 jobs and a full queue, like an idle one', async () => {
  await using scene = await Scene.open();
  const commander = scene.startCommander();
  scene.startClients('idle', { count: rounds });
  scene.startRawClients('busy', rounds, '--hold', '1000');
  await commander.order('clients', 2 * rounds);
  for (const name of names('idle')) await commander.order('send', name, 20);
  for (const name of names('busy')) await commander.order('send', name, 1_000);
  const { cancelRatio, terminateRatio } = await compared(commander, 'idle', 'busy', 50_000);
  expect(cancelRatio).toBeLessThan(5);
  expect(terminateRatio).toBeLessThan(10);
});

test('cancel and terminate overtake while a client refuses a full queue because 1,000 jobs run', async () => {
  await using scene = await Scene.open();
  const commander = scene.startCommander();
  scene.startClients('idle', { count: rounds });
  for (const name of names('busy')) scene.startClients(name);
  await commander.order('clients', 2 * rounds);
  for (const name of names('idle')) await commander.order('send', name, 20);
  for (const name of names('busy')) await commander.order('send', name, 1_000);
  const { cancelRatio, terminateRatio } = await compared(commander, 'idle', 'busy', 100_000);
  // After everything in transit, 255 commands that are refused first, and never after the queue, which is thousands of
  // times as long.
  expect(cancelRatio).toBeLessThan(100);
  expect(terminateRatio).toBeLessThan(100);
});
