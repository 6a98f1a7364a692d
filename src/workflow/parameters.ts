import { SignalboxError } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import type { Definition, Parameter } from './definition.ts';

type Scalar = string | number | boolean;

/**
 * Parses the typed parameters of a run.
 * @throws SignalboxError `bad_usage`
 */
export function parametersOf(
  { params }: Pick<Definition, 'params'>,
  given: Readonly<Record<string, string>>,
): Record<string, Scalar> {
  const known = Object.keys(params);
  const foreign = Object.keys(given).find((name) => !known.includes(name));
  if (foreign !== undefined) {
    const meant = nearest(foreign, known);
    const hint = meant === undefined ? `known: ${known.join(', ') || 'none'}` : `did you mean ${meant}?`;
    throw new SignalboxError('bad_usage', `there is no parameter ${foreign}; ${hint}`);
  }
  const texts = new Map(Object.entries(given));
  return Object.fromEntries(
    Object.entries(params).map(([name, one]) => [name, parameterOf(name, one, texts.get(name))]),
  );
}

function parameterOf(name: string, { type, default: initial, choices }: Parameter, text: string | undefined): Scalar {
  const value = text === undefined ? initial : converted(text, type);
  if (value === undefined) {
    const why = text === undefined ? `is missing: --param ${name}=…` : `must be a ${type}, not '${text}'`;
    throw new SignalboxError('bad_usage', `the parameter ${name} ${why}`);
  }
  if (choices && !choices.includes(value)) {
    throw new SignalboxError('bad_usage', `the parameter ${name} must be one of ${choices.join(', ')}, not '${value}'`);
  }
  return value;
}

function converted(text: string, type: Parameter['type']): Scalar | undefined {
  if (type === 'string') return text;
  if (type === 'boolean') return booleans.get(text);
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value;
}

const booleans = new Map(Object.entries({ true: true, yes: true, false: false, no: false }));
