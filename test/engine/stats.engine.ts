import { expect } from 'vitest';
import { usageSchema } from '../../src/plugins/container/contracts/usage.ts';
import { containerStats } from '../../src/plugins/container/plugin.ts';
import { engineTest } from './support/engine-test.ts';
import { newName } from './support/names.ts';
import { openContainerPair } from './support/pair.ts';
import { Programs } from './support/programs.ts';
import { tinyImage } from './support/tiny-image.ts';

const busy = { image: tinyImage, argv: ['sh', '-c', 'echo up; while :; do :; done'], network: 'none' };
const allow = ['container', 'container-stats'];

engineTest('with --stats the resource usage of a container is reported as records of its job', async () => {
  await using pair = await openContainerPair();
  const group = await pair.submit({ ...busy, memory: 64_000_000, stats: 500 });
  const told = await pair.server.told.first(({ type }) => type === 'job.records');
  await group.cancel();
  await group.outcomes;
  const [job] = group.jobs;
  const records = job ? await pair.server.records(job) : [];
  expect(told).toMatchObject({ id: group.id, records: [{ offset: 0 }] });
  expect(records[0]?.value).toMatchObject({ memoryLimitBytes: expect.any(Number), pids: 1, receivedBytes: 0 });
  expect(usageSchema.parse(records[0]?.value).cpuPercent).toBeGreaterThan(0);
});

engineTest('container-stats samples the containers of jobs until they have ended', async () => {
  await using pair = await openContainerPair({ client: { allow } });
  const group = await pair.submit({ ...busy, name: newName() });
  await pair.server.told.first(({ type }) => type === 'job.output');
  const sampling = await pair.server.submit(pair.name, containerStats, { jobs: [group.id, 'no-such.1'], every: 500 });
  await pair.server.told.first(({ type }) => type === 'job.records');
  const other = await pair.server.submit(pair.name, containerStats, { jobs: ['no-such.1'] });
  expect(await other.outcomes).toMatchObject([
    { outcome: 'failed', error: { message: 'no container of no-such.1 is running here: jobs lists the jobs' } },
  ]);
  await group.cancel();
  await group.outcomes;
  const [ended] = await sampling.outcomes;
  expect(ended).toMatchObject({ outcome: 'completed' });
  const [job] = sampling.jobs;
  const records = job ? await pair.server.records(job) : [];
  expect(records[0]?.value).toMatchObject({ containers: [{ job: group.id, cpuPercent: expect.any(Number) }] });
});

engineTest(
  'stats in the shell shows the resource usage of the containers of jobs, and clients shows the engine',
  async () => {
    await using programs = new Programs();
    const server = programs.server();
    const client = programs.client('--allow', allow.join(','));
    await server.untilClients(1);
    server.type('stats');
    server.type(`container --network none ${tinyImage} sh -c 'echo up; sleep 600'`);
    await server.log.until('its output', ({ type }) => type === 'output');
    server.type('stats 1');
    const row = await server.log.until('the row', ({ type }) => type === 'stats');
    expect(row).toMatchObject({
      number: 1,
      client: client.name,
      pids: expect.any(Number),
      cpuPercent: expect.any(Number),
    });
    server.type('clients');
    const listed = await server.log.until('the clients', ({ type, facts }) => type === 'client' && facts !== undefined);
    expect(listed).toMatchObject({ facts: { engine: expect.stringMatching(/^docker-\d+\./) } });
    server.type('expect failed @engine=docker-* container-stats no-such.1');
    const sent = await server.log.until('its outcome', ({ outcome }) => outcome === 'failed');
    expect(sent).toMatchObject({ client: client.name, command: 'container-stats' });
    server.type('cancel 1; wait 1');
    await server.finish();
  },
);
