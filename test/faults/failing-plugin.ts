import { z } from 'zod';
import { defineCommand, definePlugin, implement, JobFailure } from '../../src/index.ts';

const contracts = Array.from({ length: 20 }, (_, at) =>
  defineCommand({
    name: `fail-${at + 1}`,
    summary: 'Fail.',
    args: z.strictObject({}),
    result: z.null(),
    example: `fail-${at + 1}`,
  }),
);

/** Twenty commands that fail, for clients in a process of the caller's choice. */
export const failing = contracts.map((contract) =>
  implement(contract, async () => {
    throw new JobFailure('it always does', null);
  }),
);

export default definePlugin({
  name: 'failing',
  apiVersion: 1,
  setup(host) {
    for (const contract of contracts) host.contract(contract);
  },
});
