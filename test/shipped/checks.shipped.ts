import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, inject, test } from 'vitest';
import { KafkaBroker, noKafka } from '../support/kafka-broker.ts';
import { messagesOf } from '../support/kafka-topic.ts';
import { compose, containersOf, project } from './compose.ts';
import { docker, inspect, output, root } from './docker.ts';

const checks = `${project}-checks`;
const files = ['compose.yml', 'outside-kafka.yml'].flatMap((name) => ['-f', `${root}examples/checks/${name}`]);
const patience = { timeout: 120_000, interval: 300 };
const { built } = inject('images');

const run = (line: string) => output(...compose, '-p', checks, ...files, ...line.split(' '));

/** The address of this machine in the network of the engine; undefined if the engine is on another machine. */
async function addressForContainers(): Promise<string | undefined> {
  const gateway = await docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}');
  const server = createServer().listen(0, gateway);
  try {
    await once(server, 'listening');
    return gateway;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}
const host = built && noKafka === undefined ? await addressForContainers() : undefined;

describe.skipIf(host === undefined)('examples/checks/compose.yml with a broker outside it', () => {
  test('each produced result is stored once, across a restart of the writer; what is down is printed; all end in order', async () => {
    await using broker = await KafkaBroker.start({ host: host ?? '' });
    process.env.KAFKA = broker.address;
    await using _ = { [Symbol.asyncDispose]: async () => void (await run('down --volumes --timeout 15')) };
    await run('up --detach --no-build');
    const all = await containersOf(checks);
    const container = (service: string) => all.find((one) => one.service === service)?.id ?? '';
    const ask = async (query: string) =>
      (
        await docker('exec', container('down'), ...'psql -h database -U signalbox -d postgres -Atc'.split(' '), query)
      ).split('\n');
    const stored = async () => Number((await ask('SELECT count(*) FROM results'))[0]);
    const names = 'SELECT DISTINCT "check" FROM named_results WHERE ok ORDER BY 1';
    await expect.poll(() => ask(names), patience).toEqual(['server', 'shop', 'writer']);

    // Not killed: the group would wait for it for about 10 s. test/plugins/check/writer/ kills it.
    await Promise.all([docker('restart', '--time', '15', container('writer')), docker('kill', container('shop'))]);
    await expect.poll(() => run('logs --no-color down'), patience).toMatch(/ shop +\| checker \|.*dns_not_found/);

    await docker('start', container('shop'));
    await docker('stop', '--time', '15', container('checker'));
    const produced = await messagesOf(broker.address, 'checks');
    expect(new Set(produced.map(({ value }) => JSON.parse(value)).map(({ job, seq }) => `${job} ${seq}`)).size).toBe(
      produced.length,
    );
    await expect.poll(stored, patience).toBe(produced.length);
    expect(await ask('SELECT sum(results) FROM hourly')).toEqual([`${produced.length}`]);
    expect(await ask('SELECT count(*) FROM poison')).toEqual(['0']);

    expect(await Promise.all(all.map(({ id }) => inspect(id, '.HostConfig.ReadonlyRootfs')))).toEqual(
      all.map(() => 'true'),
    );
    await run('stop --timeout 15');
    const ends = await Promise.all(all.map(({ id }) => inspect(id, '.State.Status}} {{.State.ExitCode')));
    expect(new Set(ends)).toEqual(new Set(['exited 0']));
  });
});
