import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { controlCommands } from '../../schemas/index.ts';
import { builtinContracts } from '../../src/builtin-contracts.ts';

const contracts = [...controlCommands, ...(await builtinContracts())];

describe.each(contracts.map(({ name, args, result }) => ({ name, args, result })))(
  'the contract of $name',
  (contract) => {
    test.each(['args', 'result'] as const)('bounds no text of its %s by characters', (part) => {
      const schema = z.toJSONSchema(contract[part], { unrepresentable: 'any' });
      expect(JSON.stringify(schema)).not.toContain('"maxLength"');
    });
  },
);

test.each([
  ['calculate', 'message', 65_536, (message: string) => ({ seconds: 0, message })],
  ['run', 'cwd', 4_096, (cwd: string) => ({ cwd, argv: ['true'] })],
  ['run', 'argv', 131_072, (word: string) => ({ argv: [word] })],
] as const)('%s counts bytes of UTF-8 in %s, at most %i', (name, _field, maxBytes, argsWith) => {
  const args = contracts.find((contract) => contract.name === name)?.args;
  expect(args?.safeParse(argsWith('é'.repeat(maxBytes / 2))).success).toBe(true);
  expect(args?.safeParse(argsWith(`é${'é'.repeat(maxBytes / 2)}`)).success).toBe(false);
});
