import { expect, test } from 'vitest';
import { z } from 'zod';
import { builtinContracts } from '../../src/builtin-contracts.ts';
import { defineCommand } from '../../src/index.ts';
import { container } from '../../src/plugins/container/contracts/container.ts';
import { loadWorkflow } from '../../src/workflow/load.ts';
import { SecretMarks } from '../../src/workflow/secret-marks.ts';

/** Like the contract of a plug-in. */
const fetching = defineCommand({
  name: 'fetch',
  summary: 'Fetch an address.',
  example: 'fetch https://example.org',
  args: z.strictObject({
    url: z.string(),
    header: z.array(z.string()).optional().meta({ named: true }),
    token: z.string().optional().meta({ named: true }),
    pin: z.number().optional().meta({ named: true }),
  }),
  result: z.strictObject({}),
  auditArgs: ({ header, token, pin, ...args }) => ({
    ...args,
    ...(header && { header: header.map((one) => one.split(':')[0]) }),
  }),
});
const contracts = new Map(
  [...(await builtinContracts()), container, fetching].map((contract) => [contract.name, contract]),
);

function problemsOf(line: string): string[] {
  const text = `name: nightly\ntasks:\n  a: ${JSON.stringify(line)}`;
  const secretRefusal = (secret: string, workflow: string) =>
    secret === 'T' ? undefined : `${workflow}: no ${secret}`;
  const loaded = loadWorkflow(text, { name: 'x', contracts, secretRefusal });
  if (!('problems' in loaded)) return [];
  return loaded.problems.map(({ line: at, column, sentence }) => `${at}:${column}: ${sentence}`);
}

test.each([
  'run --env A=${secret.T} true',
  'run --env=A=${secret.T} true',
  'run --env "A=postgres://u:${secret.T}@${run.id}/x" true',
  'container --env A=${secret.T} alpine:3 true',
  'fetch https://example.org --header "Authorization: Bearer ${secret.T}"',
  'fetch https://example.org --token ${secret.T}',
])('%s: a secret is in a field that the contract never shows', (line) => {
  expect(problemsOf(line)).toEqual([]);
});

const shown = 'a secret is only permitted in arguments that are never shown, such as --env of run';

test.each([
  ['run echo ${secret.T}', `3:16: \${secret.T}: ${shown}`],
  ['run ${secret.T}', `3:11: \${secret.T}: ${shown}`],
  ['run sh -c "echo ${secret.T}"', `3:17: \${secret.T}: ${shown}`],
  ['run --cwd ${secret.T} true', `3:17: \${secret.T}: ${shown}`],
  ['run --env ${secret.T}=1 true', `3:17: \${secret.T}: ${shown}`],
  ['run --env ${secret.T} true', `3:17: \${secret.T}: ${shown}`],
  ['run --timeout ${secret.T} true', `3:21: \${secret.T}: ${shown}`],
  ['@${secret.T} run true', `3:8: \${secret.T}: ${shown}`],
  ['calculate 1 ${secret.T}', `3:19: \${secret.T}: ${shown}`],
  ['container alpine:3 echo ${secret.T}', `3:31: \${secret.T}: ${shown}`],
  ['container --label A=${secret.T} alpine:3', `3:25: \${secret.T}: ${shown}`],
  ['fetch https://${secret.T}@example.org', `3:13: \${secret.T}: ${shown}`],
  ['fetch https://example.org --header ${secret.T}', `3:42: \${secret.T}: ${shown}`],
  ['fetch https://example.org --pin ${secret.T}', `3:39: \${secret.T}: ${shown}`],
  ['run --env A=${secret.U} true', '3:17: ${secret.U}: nightly: no U'],
  ['run --env A=${secret.T:-x} true', '3:17: ${secret.T}: a secret has no fallback; write ${secret.T}'],
  ['run --env A=${secret} true', '3:17: ${secret}: write a secret as ${secret.NAME}'],
  ['run --env A=${secret.T.x} true', '3:17: ${secret.T.x}: write a secret as ${secret.NAME}'],
])('%s: refused with its place', (line, problem) => {
  expect(problemsOf(line)).toEqual([problem]);
});

test('a value in a text is distinguished from text that looks like it', () => {
  const marks = new SecretMarks();
  const mark = marks.markFor('T');
  const args = { env: ['A=${secret.T}', `B=x${mark}y${mark}`], argv: ['${secret.T}'], token: mark, count: 3 };
  const inB = ['B=x', { secret: 'T' }, 'y', { secret: 'T' }];
  expect(marks.takeOut(args)).toEqual({
    args: {
      env: ['A=${secret.T}', 'B=x${secret.T}y${secret.T}'],
      argv: ['${secret.T}'],
      token: '${secret.T}',
      count: 3,
    },
    secrets: [
      { path: ['env', 1], pieces: inB },
      { path: ['token'], pieces: [{ secret: 'T' }] },
    ],
  });
});
