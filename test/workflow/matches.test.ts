import { expect, test } from 'vitest';
import type { JobService } from '../../src/plugin/job-service.ts';
import { triggerSchema } from '../../src/workflow/definition.ts';
import { matches } from '../../src/workflow/matches.ts';

const service = {
  groups: new Map([
    ['web', 'web-*,!web-9'],
    ['self', 'self,web'],
  ]),
  clients: async () => [{ name: 'web-1', state: 'offline', labels: { env: 'prod' }, facts: { os: 'linux' } }],
} as unknown as JobService;

test.each([
  ['web-1', true],
  ['web-*', true],
  ['web-[1-3]', true],
  ['w[a-f]b-?', true],
  ['all', true],
  ['online', false],
  ['web', true],
  ['self', true],
  ['web,!web-1', false],
  ['db,web-1', true],
  ['env=prod', true],
  ['env=p*+os=linux', true],
  ['env=prod+os=mac', false],
  ['rack=7', false],
  ['all,!env=prod', false],
  ['web-9', false],
])('matching: %s means a client that has gone: %s', async (matching, wanted) => {
  const trigger = triggerSchema.parse({ client: 'gone', matching });
  expect(await matches(trigger, 'web-1', service)).toBe(wanted);
});
