import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { freeEndpoint } from '../../support/free-port.ts';
import { openServer, startClient } from '../../support/library.ts';
import { newFolder } from '../../support/new-folder.ts';
import { storedWords } from '../../support/scripted-store.ts';
import { createSteps, stepwise } from '../../support/stepwise.ts';
import type { Death } from './dying-server.ts';

type Row = readonly [
  step: string,
  death: Death & { readonly onceBegun?: true },
  client: 'lives' | 'dies',
  /** The final state at the next server, and how often the job was started. */
  outcome: readonly string[],
  begun: number,
];

const submitted = { of: 'submitted' } as const;
const settled = { of: 'settled' } as const;

const rows: Row[] = [
  ['before its submission is stored', { commit: { ...submitted, when: 'before' } }, 'lives', [], 0],
  ['stored, and not sent', { commit: { ...submitted, when: 'after' } }, 'lives', ['1 w1 completed'], 1],
  ['stored, and not sent', { commit: { ...submitted, when: 'after' } }, 'dies', ['1 w1 lost'], 0],
  ['begun by the client', { onceBegun: true }, 'lives', ['1 w1 completed'], 1],
  ['begun by the client', { onceBegun: true }, 'dies', ['1 w1 lost'], 1],
  ['accepted', { event: 'job.accepted' }, 'lives', ['1 w1 completed'], 1],
  ['accepted', { event: 'job.accepted' }, 'dies', ['1 w1 lost'], 1],
  ['before its outcome is stored', { commit: { ...settled, when: 'before' } }, 'lives', ['1 w1 completed'], 1],
  ['before its outcome is stored', { commit: { ...settled, when: 'before' } }, 'dies', ['1 w1 lost'], 1],
  ['its outcome stored, and not acked', { commit: { ...settled, when: 'after' } }, 'lives', ['1 w1 completed'], 1],
  ['its outcome stored, and not acked', { commit: { ...settled, when: 'after' } }, 'dies', ['1 w1 completed'], 1],
  ['its outcome told', { event: 'job.settled' }, 'lives', ['1 w1 completed'], 1],
  ['its outcome acked', { closesAfter: 'job.settled' }, 'lives', ['1 w1 completed'], 1],
  ['its outcome acked', { closesAfter: 'job.settled' }, 'dies', ['1 w1 completed'], 1],
];

test.each(rows)('the server dies: %s (%j); its client %s: %j, begun %i times', async (...row) => {
  const [, death, fate, outcome, begun] = row;
  const path = join(newFolder(), 'store.db');
  const endpoint = await freeEndpoint();
  const steps = createSteps();
  const client = () => startClient({ endpoint }, { commands: [steps.implementation] });
  await using clients = new AsyncDisposableStack();

  const dying = spawn(process.execPath, ['test/e2e/store/dying-server.ts', path, endpoint, JSON.stringify(death)]);
  const ended = once(dying, 'exit');
  const first = clients.use(await client());
  const diesMeanwhile = death.onceBegun || death.event === 'job.accepted';
  const ending = (async () => {
    const step = await steps.begins();
    if (death.onceBegun) dying.kill('SIGKILL');
    if (diesMeanwhile) await ended;
    // A client that also dies meanwhile has not ended the job.
    if (!diesMeanwhile || fate === 'lives') step.end();
  })();
  await ended;
  if (fate === 'dies') {
    await first.close();
    clients.use(await client());
  }

  await using store = await openSqliteStore({ path });
  const before = await storedWords(store);
  await using server = await openServer({ bind: endpoint, store, commands: [stepwise] });
  await server.waitForClients(1);
  const isSettledHere = before.some((word) => word.endsWith('bound'));
  if (isSettledHere) await server.told.first(({ type }) => type === 'job.settled');
  if (begun > 0) await ending;
  expect(await storedWords(store)).toEqual(outcome);
  expect(steps.begun).toHaveLength(begun);
  // One of the servers reports it once; the same key gives the same jobs at any time.
  expect(server.told.of('job.settled')).toHaveLength(isSettledHere ? 1 : 0);
  const { jobs } = await server.submit('w1', stepwise, { label: 'once' }, { key: 'k' });
  if (outcome.length > 0) {
    expect((await Promise.all(jobs.map((job) => job.outcome))).map((one) => `1 ${one.client} ${one.outcome}`)).toEqual(
      outcome,
    );
    expect(steps.begun).toHaveLength(begun);
  } else {
    (await steps.begins()).end();
    await jobs[0]?.outcome;
  }
  // All outcomes are acknowledged: the client leaves with none.
  await server.close();
  await first.close();
  if (fate === 'lives') expect(first.told.of('left')).toEqual([]);
});
