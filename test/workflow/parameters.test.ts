import { expect, test } from 'vitest';
import { parametersOf } from '../../src/workflow/parameters.ts';

test('a parameter can have the name of a built-in property, and such a value is not a boolean', () => {
  const params = { constructor: { type: 'number', default: 4 }, wet: { type: 'boolean', default: true } } as const;
  expect(parametersOf({ params }, {})).toEqual({ constructor: 4, wet: true });
  expect(() => parametersOf({ params }, { wet: 'constructor' })).toThrow(
    "the parameter wet must be a boolean, not 'constructor'",
  );
});
