import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckArgs } from '../../../../src/plugins/check/contracts/check.ts';
import type { CheckReport } from '../../../../src/plugins/check/contracts/result.ts';
import { resultMessageSchema } from '../../../../src/plugins/check/kafka/result-message.ts';
import plugin, { check } from '../../../../src/plugins/check/plugin.ts';
import { KafkaBroker, noKafka } from '../../../support/kafka-broker.ts';
import { messagesOf } from '../../../support/kafka-topic.ts';
import { openPair } from '../../../support/library.ts';
import { newFolder } from '../../../support/new-folder.ts';
import { answer, type Behaviour, openSite } from '../support/bad-site.ts';

let broker: KafkaBroker;
beforeAll(async () => {
  if (noKafka === undefined) broker = await KafkaBroker.start();
}, 300_000);
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
});

/** The folder of a client with credentials for all listeners, good and bad. */
function credentials(): string {
  const folder = join(newFolder(), 'checks');
  mkdirSync(folder);
  const sasl = { mechanism: 'SCRAM-SHA-256', username: 'check', password: 'secret' };
  const tls = { ca: 'ca.pem', cert: 'client.pem', key: 'client.key' };
  for (const name of Object.values(tls)) writeFileSync(join(folder, name), broker.tlsFile(name));
  const files = {
    scram: { sasl },
    tls: { tls },
    'wrong-password': { sasl: { ...sasl, password: 'geheim' } },
    'wrong-mechanism': { sasl: { ...sasl, mechanism: 'SCRAM-SHA-512' } },
    'unknown-authority': { tls: { cert: tls.cert, key: tls.key } },
    'no-certificate': { tls: { ca: tls.ca } },
  };
  for (const [name, file] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(file));
  return folder;
}

async function openChecker(brokers: string) {
  const options = { private: true, files: credentials(), brokers };
  return await openPair({ server: { plugins: [plugin] }, client: { plugins: [{ plugin, options }] } });
}

type Pair = Awaited<ReturnType<typeof openChecker>>;

/** The first report of a job for which that holds, and the job. */
async function reportOf({ server }: Pair, args: CheckArgs, holds: (report: CheckReport) => boolean) {
  const group = await server.submit('w1', check, args);
  const [job] = group.jobs;
  for await (const event of job?.events ?? []) {
    if (event.type === 'job.settled') throw new Error(JSON.stringify(event));
    if (event.type !== 'job.records') continue;
    for (const { value } of event.records) {
      const report = check.records?.parse(value) as CheckReport;
      if (holds(report)) return { report, job, outcomes: group.outcomes };
    }
  }
  throw new Error('there was no such report');
}

describe.skipIf(noKafka !== undefined)(
  `a check that sends to Kafka${noKafka === undefined ? '' : ` (${noKafka})`}`,
  () => {
    test.for(['clear', 'scram', 'tls'] as const)(
      'over the listener %s each result arrives once, with its check as key',
      async (listener) => {
        const { promise: thirdRequest, resolve } = Promise.withResolvers<void>();
        const behave: Behaviour = (socket, request) => {
          answer('200 OK', {}, 'fine')(socket, request);
          if (site.requests.length === 3) resolve();
        };
        await using site = await openSite({ '/': behave });
        const address = `127.0.0.1:${broker.ports[listener]}`;
        await using pair = await openChecker(address);
        const topic = `results-${listener}`;
        const args = { url: `${site.origin}/`, name: 'shop', every: 1_000, to: `kafka://${address}/${topic}` };
        const started = await reportOf(
          pair,
          { ...args, ...(listener !== 'clear' && { kafkaCredentials: listener }) },
          () => true,
        );
        await thirdRequest;
        await started.job?.cancel();
        const [outcome] = await started.outcomes;
        expect(outcome).toMatchObject({
          outcome: 'cancelled',
          result: { check: 'shop', kafka: { to: args.to, waiting: 0, dropped: 0, fault: null } },
        });
        const rows = await pair.server.call('check/list', {});
        const empty = { results: 0, uptime: null };
        expect(rows).toMatchObject([{ check: 'shop', state: 'up', kafka: { to: args.to }, windows: { '1h': empty } }]);
        const messages = await messagesOf(broker.address, topic);
        expect(messages.map(({ key }) => key)).toEqual(messages.map(() => 'shop'));
        const results = messages.map(({ value }) => resultMessageSchema.parse(JSON.parse(value)));
        expect(results.map(({ seq }) => seq)).toEqual(results.map((_, index) => index + 1));
        expect(results[0]).toMatchObject({
          schema: 1,
          client: 'w1',
          job: started.job?.id,
          ok: true,
          status: 200,
          state: 'up',
        });
        expect(results.length).toBeGreaterThanOrEqual(2);
      },
    );

    test.for([
      ['scram', 'wrong-password', 'refuses user or password'],
      ['scram', 'wrong-mechanism', 'does not take the mechanism of sasl'],
      ['scram', undefined, 'it may demand credentials'],
      ['scram', 'tls', 'it may not speak TLS'],
      ['clear', 'scram', 'takes no user at this port'],
      ['tls', 'unknown-authority', 'no trusted authority has signed its certificate'],
      ['tls', 'no-certificate', 'refuses the certificate of this client, or demands one'],
      ['tls', undefined, 'speaks TLS, and the credentials have no tls'],
    ] as const)(
      'at the listener %s with credentials %s the cause is told, and the job can be cancelled',
      async ([listener, file, cause]) => {
        await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
        const address = `127.0.0.1:${broker.ports[listener]}`;
        await using pair = await openChecker(address);
        const args = { url: `${site.origin}/`, every: 1_000, to: `kafka://${address}/refused` };
        const full = { ...args, ...(file && { kafkaCredentials: file }) };
        const { report, job, outcomes } = await reportOf(pair, full, ({ kafka }) => kafka?.fault !== null);
        expect(report.kafka?.fault).toContain(`${address}`);
        expect(report.kafka?.fault).toContain(cause);
        const told = await pair.server.told.first(({ type }) => type === 'plugin');
        expect(told).toMatchObject({ event: 'check.unsent', isWarning: true, facts: { client: 'w1', to: args.to } });
        await job?.cancel();
        const [outcome] = await outcomes;
        expect(outcome).toMatchObject({
          outcome: 'cancelled',
          result: { kafka: { delivered: 0, fault: report.kafka?.fault } },
        });
        expect(JSON.stringify(pair.server.told.all)).not.toContain('geheim');
      },
    );

    test('only brokers that its owner has named: also of those that a cluster names', async () => {
      await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
      await using pair = await openChecker(`localhost:${broker.ports.clear}`);
      const args = { url: `${site.origin}/`, every: 1_000 };
      const [outcome] = await (await pair.server.submit('w1', check, { ...args, to: `kafka://${broker.address}/x` }))
        .outcomes;
      expect(outcome).toMatchObject({
        outcome: 'failed',
        error: { code: 'not_allowed', message: expect.stringContaining('--check-brokers') },
      });
      const to = `kafka://localhost:${broker.ports.clear}/x`;
      const { report } = await reportOf(pair, { ...args, to }, ({ kafka }) => kafka?.fault !== null);
      expect(report.kafka?.fault).toBe(`the cluster has a broker ${broker.address} that --check-brokers does not name`);
    });
  },
);
