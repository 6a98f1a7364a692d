import type { Builtin, Completes, CompletesAfter } from './builtin.ts';

const kinds: Readonly<Record<Completes, true>> = {
  client: true,
  command: true,
  contract: true,
  file: true,
  job: true,
  outcome: true,
  parameter: true,
  question: true,
  retriable: true,
  run: true,
  'running-run': true,
  schedule: true,
  signal: true,
  statement: true,
  target: true,
  task: true,
  workflow: true,
};

const isText = (value: unknown): boolean => typeof value === 'string';

const isKind = (kind: Completes | readonly string[]): boolean =>
  typeof kind === 'string' ? Object.hasOwn(kinds, kind) : Array.isArray(kind) && kind.every(isText);

type Kinds = Completes | readonly string[] | CompletesAfter;

const isMap = (kinds: Kinds): kinds is CompletesAfter =>
  typeof kinds === 'object' && kinds !== null && !Array.isArray(kinds);

const isKindOfWord = (kind: Kinds): boolean => (isMap(kind) ? Object.values(kind).every(isKind) : isKind(kind));

/** The prompt reads these fields at each key, so an invalid one would end the program there. */
export function isBuiltin(value: Builtin): boolean {
  const { name, usage, summary, example, prepare, completes = [], options = [] } = value ?? {};
  return (
    [name, usage, summary, example].every(isText) &&
    /^[a-z][a-z0-9-]*$/.test(name) &&
    typeof prepare === 'function' &&
    Array.isArray(completes) &&
    completes.every(isKindOfWord) &&
    Array.isArray(options) &&
    options.every(
      (one) =>
        isText(one?.option) &&
        isText(one.about) &&
        (one.label === undefined || isText(one.label)) &&
        (one.completes === undefined || isKind(one.completes)),
    )
  );
}
