import { expect } from 'vitest';
import { ping } from '../../src/index.ts';
import { engine } from './support/engine.ts';
import { EngineGate } from './support/engine-gate.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { create, none, wanted } from './support/wanted.ts';
import { Witness } from './support/witness.ts';

engineTest.for([
  { call: 'create', at: create, isTold: false },
  { call: 'start', at: /^POST .*\/start/, isTold: false },
  { call: 'wait', at: /^POST .*\/wait/, isTold: false },
  { call: 'stop', at: /^POST .*\/stop/, isTold: true },
  { call: 'the last logs', at: /^GET .*\/logs\?(?!.*follow=1)/, isTold: true },
  { call: 'remove', at: /^DELETE/, isTold: true },
])(
  'a cancel ends a job while its engine is frozen at $call; its container goes when the engine goes on',
  async ({ at, isTold }) => {
    await using gate = await EngineGate.open();
    gate.useHere();
    await using pair = await openContainerPair();
    const name = newName();
    await using witness = await Witness.start(engine, `signalbox-test=${name}`);
    const frozen = gate.freezeAt(at);
    const group = await pair.submit(wanted(name));
    if (isTold) await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
    else await frozen;
    await pair.server.cancel([{ id: group.id, client: pair.name }]);
    await frozen;
    expect(await group.outcomes).toMatchObject([{ outcome: 'cancelled' }]);
    // Now the outcome has been acknowledged.
    await (await pair.server.submit(pair.name, ping, {})).outcomes;
    gate.thaw();
    await expect.poll(() => witness.containers.size).toBe(1);
    await expect.poll(() => witness.remains(), { timeout: 10_000 }).toEqual(none);
  },
);
