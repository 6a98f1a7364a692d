import { expect } from 'vitest';
import { openEngineLink } from './support/engine-link.ts';
import { ownEngineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { OwnEngine } from './support/own-engine.ts';
import { openContainerPair } from './support/pair.ts';
import { tinyImage } from './support/tiny-image.ts';

const shell = (script: string) => ({ image: tinyImage, network: 'none', argv: ['sh', '-c', script] });
const work = 'echo ready; while [ ! -e /tmp/go ]; do sleep 0.1; done; seq 3; exit 4';

async function begin(own: OwnEngine, script: string, more: object = {}) {
  await using stack = new AsyncDisposableStack();
  stack.use(await openEngineLink(own.socket));
  const pair = stack.use(await openContainerPair());
  const name = newName();
  const group = await pair.submit({ ...shell(script), name, ...more });
  await pair.server.told.first((event) => event.type === 'job.output' && event.id === group.id);
  const said = () =>
    Buffer.concat(
      pair.server.told.of('job.output').flatMap(({ id, data }) => (id === group.id ? [data] : [])),
    ).toString();
  const kept = stack.move();
  return { pair, name, group, said, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

ownEngineTest('jobs end like their containers, if those outlive their engine', async () => {
  await using own = await OwnEngine.start({ flags: ['--live-restore'] });
  await using running = await begin(own, work);
  await own.kill();
  await own.up();
  await own.docker('exec', running.name, 'touch', '/tmp/go');
  expect(await running.group.outcomes).toMatchObject([{ outcome: 'failed', result: { exitCode: 4, restarts: 0 } }]);
  expect(running.said()).toBe('ready\n1\n2\n3\n');
  expect(await own.lines('ps', '--all', '--quiet')).toEqual([]);
});

ownEngineTest.for(['kill', 'down'] as const)(
  'containers that end with their engine are told so, after its %s',
  async (how) => {
    await using own = await OwnEngine.start();
    await using running = await begin(own, `trap 'echo bye; exit 6' TERM; ${work}`);
    await own[how]();
    await own.up();
    const [outcome] = await running.group.outcomes;

    expect(outcome).toMatchObject({ outcome: 'failed', result: { exitCode: 6, cancelled: false } });
    expect(running.said()).toBe('ready\nbye\n');
    expect(await own.lines('ps', '--all', '--quiet')).toEqual([]);
  },
);

ownEngineTest.for(['kill', 'down'] as const)(
  'a service goes on when its engine is there again, after its %s',
  async (how) => {
    await using own = await OwnEngine.start();
    await using running = await begin(own, 'trap "exit 0" TERM; echo ready; while :; do sleep 0.1; done', {
      service: true,
    });
    await own[how]();
    await own.up();
    await running.pair.server.told.first(() => running.said() === 'ready\nready\n');
    await running.pair.server.cancel([{ id: running.group.id, client: running.pair.name }]);
    expect(await running.group.outcomes).toMatchObject([{ outcome: 'cancelled', result: { exitCode: 0 } }]);
    expect(await own.lines('ps', '--all', '--quiet')).toEqual([]);
  },
);
