import { expect } from 'vitest';
import { engine } from './support/engine.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { Programs } from './support/programs.ts';
import { tinyImage } from './support/tiny-image.ts';

const tiny = { image: tinyImage, network: 'none' };
const serve = [
  'sh',
  '-c',
  'trap "exit 0" TERM; echo up; while [ ! -e /tmp/stop ]; do sleep 0.1; done; rm /tmp/stop; exit 3',
];

async function openService(args: object) {
  await using stack = new AsyncDisposableStack();
  const pair = stack.use(await openContainerPair());
  const name = newName();
  const group = await pair.submit({ ...tiny, argv: serve, service: true, name, ...args });
  const job = { id: group.id, client: pair.name };
  const said = () =>
    Buffer.concat(
      pair.server.told.of('job.output').flatMap((one) => (one.id === group.id ? [one.data] : [])),
    ).toString();
  const kept = stack.move();
  return {
    ...{ pair, group, name, said },
    noted: (note: string) =>
      pair.server.told.first((event) => event.type === 'job.progress' && event.id === group.id && event.note === note),
    up: (times: number) => pair.server.told.first(() => said() === 'up\n'.repeat(times)),
    exec: (...command: string[]) => engine.docker('exec', name, ...command),
    async cancel() {
      await pair.server.cancel([job]);
      const [outcome] = await group.outcomes;
      return outcome;
    },
    signal: (signal: 'SIGHUP') => pair.server.signal([job], signal),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

engineTest('a service is restarted until it is cancelled', async () => {
  await using service = await openService({});
  await service.noted('running');
  await service.up(1);
  await service.exec('touch', '/tmp/stop');
  await service.up(2);
  expect(await service.cancel()).toMatchObject({ outcome: 'cancelled', result: { exitCode: 0, restarts: 1 } });
  await expect(engine.docker('inspect', service.name)).rejects.toThrow('No such');
});

engineTest('a cancel also ends a service between two runs', async () => {
  await using service = await openService({ argv: ['sh', '-c', 'exit 9'] });
  await service.noted('restarting after exit code 9');
  expect(await service.cancel()).toMatchObject({ outcome: 'cancelled', result: { cancelled: true } });
  await expect(engine.docker('inspect', service.name)).rejects.toThrow('No such');
});

engineTest('a signal does not end the restarts of a service', async () => {
  await using service = await openService({
    argv: [
      'sh',
      '-c',
      'trap "exit 0" TERM; trap "touch /tmp/stop" HUP; echo up; while [ ! -e /tmp/stop ]; do sleep 0.1; done; rm /tmp/stop; exit 3',
    ],
  });
  await service.up(1);
  await service.signal('SIGHUP');
  await service.up(2);
  await service.signal('SIGHUP');
  await service.up(3);
  expect(await service.cancel()).toMatchObject({ outcome: 'cancelled', result: { restarts: 2 } });
});

engineTest('on-failure:N gives up after N further runs, and the outcome says so', async () => {
  await using pair = await openContainerPair();
  const { outcome, stdout } = await pair.run({
    ...tiny,
    argv: ['sh', '-c', 'echo up; exit 5'],
    service: true,
    restart: 'on-failure:2',
  });
  expect(outcome).toMatchObject({ outcome: 'failed', result: { exitCode: 5, restarts: 2 } });
  expect(stdout.toString()).toBe('up\nup\nup\n');
});

engineTest('no and on-failure do not restart a service that ends with 0', async () => {
  await using pair = await openContainerPair();
  for (const restart of ['no', 'on-failure']) {
    const { outcome } = await pair.run({ ...tiny, argv: ['true'], service: true, restart });
    expect(outcome).toMatchObject({ outcome: 'completed', result: { exitCode: 0, restarts: 0 } });
  }
});

engineTest('a service reports whether it is healthy', async () => {
  await using service = await openService({ health: '[ -e /tmp/well ]', healthEvery: 1_000 });
  await service.noted('starting');
  await service.exec('touch', '/tmp/well');
  await service.noted('healthy');
  await service.exec('rm', '/tmp/well');
  await service.noted('unhealthy');
  expect(await service.cancel()).toMatchObject({ outcome: 'cancelled' });
});

engineTest('a container that is left is named, and has ended', async () => {
  await using pair = await openContainerPair();
  const { outcome } = await pair.run({ ...tiny, argv: ['sh', '-c', 'echo kept; exit 2'], leave: true });
  const result = outcome.outcome === 'failed' ? outcome.result : undefined;
  expect(outcome).toMatchObject({
    outcome: 'failed',
    error: { message: `exit code 2; left as ${result?.containerName}` },
    result: { left: true },
  });
  expect(await engine.docker('logs', String(result?.containerId))).toBe('kept');
  await engine.docker('rm', String(result?.containerId));
});

engineTest('a script continues when its service is healthy', async () => {
  await using programs = new Programs();
  const server = programs.server();
  const client = programs.client();
  const name = newName();
  server.type('start');
  const serving = 'sh -c "trap \'exit 0\' TERM; echo up; touch /tmp/well; while :; do sleep 0.1; done"';
  const options = `--service --as web --name ${name} --network none --health "[ -e /tmp/well ]" --health-every 1s`;
  server.type(`container ${options} ${tinyImage} ${serving}`);
  server.type('wait web --until healthy --timeout 1m');
  server.type('cancel web');
  expect(await server.finish()).toMatchObject({ exitCode: 0 });
  // The script does not wait for a service: its container may still exist.
  await client.terminate();
});
