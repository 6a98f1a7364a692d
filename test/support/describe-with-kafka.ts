import { afterAll, beforeAll, describe } from 'vitest';
import { type BrokerOptions, KafkaBroker, noKafka } from './kafka-broker.ts';

/** Tests that share a broker, which runs during the tests. Without Kafka they are skipped, and the title says why. */
export function describeWithKafka(
  title: string,
  tests: (kafka: { readonly broker: KafkaBroker }) => void,
  options: BrokerOptions = {},
): void {
  describe.skipIf(noKafka !== undefined)(`${title}${noKafka === undefined ? '' : ` (${noKafka})`}`, () => {
    let started: KafkaBroker | undefined;
    beforeAll(async () => {
      started = await KafkaBroker.start(options);
    }, 300_000);
    afterAll(async () => {
      await started?.[Symbol.asyncDispose]();
    });
    tests({
      get broker() {
        if (started) return started;
        throw new Error('the broker has not been started');
      },
    });
  });
}
