import { expect, test } from 'vitest';
import type { CheckArgs } from '../../../../src/plugins/check/contracts/check.ts';
import type { CheckReport } from '../../../../src/plugins/check/contracts/result.ts';
import { resultMessageSchema } from '../../../../src/plugins/check/kafka/result-message.ts';
import plugin, { check } from '../../../../src/plugins/check/plugin.ts';
import { describeWithKafka } from '../../../support/describe-with-kafka.ts';
import type { KafkaBroker } from '../../../support/kafka-broker.ts';
import { messagesOf } from '../../../support/kafka-topic.ts';
import { openPair } from '../../../support/library.ts';
import { answer, type Behaviour, openSite } from '../support/bad-site.ts';
import { kafkaCredentials, refusedCredentials } from '../support/kafka-credentials.ts';

async function openChecker(broker: KafkaBroker, brokers: string) {
  const options = { private: true, files: kafkaCredentials(broker), brokers };
  return await openPair({ server: { plugins: [plugin] }, client: { plugins: [{ plugin, options }] } });
}

type Pair = Awaited<ReturnType<typeof openChecker>>;

/** The first report of a job that matches, and the job. */
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

describeWithKafka('a check that sends to Kafka', (kafka) => {
  test('ends with the number of skipped times', async () => {
    const { promise: thirdRequest, resolve } = Promise.withResolvers<void>();
    await using site = await openSite({ '/': () => void (site.requests.length === 3 && resolve()) });
    const { address } = kafka.broker;
    await using pair = await openChecker(kafka.broker, address);
    const args = { url: `${site.origin}/`, every: 1_000, to: `kafka://${address}/skipped` };
    const { job, outcomes } = await reportOf(pair, args, () => true);
    await thirdRequest;
    await job?.cancel();
    const [outcome] = await outcomes;
    expect(outcome).toMatchObject({
      outcome: 'cancelled',
      result: { errorKind: 'response_timeout', skipped: expect.any(Number), kafka: { to: args.to } },
    });
  });

  test.for(['clear', 'scram', 'tls'] as const)(
    'over the listener %s each result arrives once, with its check as key',
    async (listener) => {
      const { broker } = kafka;
      const { promise: thirdRequest, resolve } = Promise.withResolvers<void>();
      const behave: Behaviour = (socket, request) => {
        answer('200 OK', {}, 'fine')(socket, request);
        if (site.requests.length === 3) resolve();
      };
      await using site = await openSite({ '/': behave });
      const address = `127.0.0.1:${broker.ports[listener]}`;
      await using pair = await openChecker(broker, address);
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

  test.for(refusedCredentials)(
    'at the listener %s with credentials %s the cause is reported, and the job can be cancelled',
    async ([listener, file, cause]) => {
      const { broker } = kafka;
      await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
      const address = `127.0.0.1:${broker.ports[listener]}`;
      await using pair = await openChecker(broker, address);
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

  test('connects only to brokers that its owner has named, even if a cluster names others', async () => {
    const { broker } = kafka;
    await using site = await openSite({ '/': answer('200 OK', {}, 'fine') });
    await using pair = await openChecker(broker, `localhost:${broker.ports.clear}`);
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
});
