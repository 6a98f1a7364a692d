// Runs containers from a program: node examples/containers/embed.ts [IMAGE]. It needs a Docker engine.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, createServer } from 'signalbox';
import plugin, { container, containers } from 'signalbox/container';

const image = process.argv[2] ?? 'debian:12';
const folder = await mkdtemp(join(tmpdir(), 'signalbox-'));
await using cleanup = new AsyncDisposableStack();
cleanup.defer(() => rm(folder, { recursive: true }));

// A socket in a folder that only this user can access: commands that run code need an authenticated server.
const server = cleanup.use(await createServer({ bind: `ipc://${folder}/server`, plugins: [plugin] }));
const options = { binds: [], caps: [] };
const client = cleanup.use(
  await createClient({
    connect: server.endpoint,
    name: 'w1',
    stateFolder: join(folder, 'state'),
    plugins: [{ plugin, options }],
    allow: ['container', 'containers'],
    ready: true,
  }),
);
await server.waitForClients(1);

// Run a container to its end. A missing image is pulled first.
const argv = ['sh', '-c', 'echo "hello from $(id -un)"; exit 3'];
const work = await server.submit(client.name, container, { image, argv, memory: 64_000_000, network: 'none' });
const [ended] = await work.outcomes;
for (const { data } of await server.output({ id: work.id, client: client.name })) process.stdout.write(data);
console.log(`${ended?.outcome}: exit code ${ended?.result?.exitCode}, out of memory: ${ended?.result?.outOfMemory}`);

// A service runs until it is ended. Events report its state.
const serve = ['sh', '-c', 'trap "exit 0" TERM; echo up; while :; do sleep 0.1; done'];
const service = await server.submit(client.name, container, { image, argv: serve, network: 'none', service: true });
const [job] = service.jobs;
for await (const event of job?.events ?? []) {
  if (event.type === 'job.output') {
    const [list] = await (await server.submit(client.name, containers, {})).outcomes;
    console.log(
      list?.outcome === 'completed' && list.result.containers.map(({ image, state }) => `${image} is ${state}`),
    );
    await service.cancel();
  }
  if (event.type === 'job.settled') console.log(`the service is ${event.outcome}`);
}
