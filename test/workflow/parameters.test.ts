import { expect, test } from 'vitest';
import { parametersOf } from '../../src/workflow/parameters.ts';

test('a parameter may be called as what each object has, and a value like that is no boolean', () => {
  const params = { constructor: { type: 'number', default: 4 }, wet: { type: 'boolean', default: true } } as const;
  expect(parametersOf({ params }, {})).toEqual({ constructor: 4, wet: true });
  expect(() => parametersOf({ params }, { wet: 'constructor' })).toThrow(
    "the parameter wet must be a boolean, not 'constructor'",
  );
});
