import { limits } from './limits.ts';

// This file and its imports must not use zod: the program parses its options before it loads anything else.

/** Targets that cannot be names of clients. */
export const reservedNames: readonly string[] = ['all', 'online'];
export const clientNamePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;
/** The form of a command's name: at most 63 characters. */
export const commandNamePattern = /^[a-z][a-z0-9-]{0,62}$/;
export const labelValuePattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,62}$/;

export const clientNameRules = {
  form: 'a name is [a-z0-9][a-z0-9._-]*, at most 63 characters',
  reserved: 'all and online are reserved and cannot be names of clients',
};

/** Returns why this is not a valid name of a client; undefined if it is valid. */
export function faultOfClientName(name: string): string | undefined {
  if (!clientNamePattern.test(name)) return clientNameRules.form;
  return reservedNames.includes(name) ? clientNameRules.reserved : undefined;
}

/** Whether the number of labels or facts is within `maxLabels`. */
export const areFew = (map: object): boolean => Object.keys(map).length <= limits.maxLabels;

export const areLabels = (map: Readonly<Record<string, string>>): boolean =>
  areFew(map) &&
  Object.entries(map).every(([name, value]) => !faultOfClientName(name) && labelValuePattern.test(value));
