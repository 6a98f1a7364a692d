import { limits } from './limits.ts';

// No zod here, nor in what this imports: the program reads its options before it loads anything else.

/** Targets that are not the name of a client. */
export const reservedNames: readonly string[] = ['all', 'online'];
export const clientNamePattern = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const commandNamePattern = /^[a-z][a-z0-9-]{0,62}$/;
export const labelValuePattern = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,62}$/;

export const clientNameRules = {
  form: 'a name is [a-z0-9][a-z0-9._-]*, at most 63 characters',
  reserved: 'all and online are not names of clients',
};

/** Why this is no name of a client; undefined if it is one. */
export function faultOfClientName(name: string): string | undefined {
  if (!clientNamePattern.test(name)) return clientNameRules.form;
  return reservedNames.includes(name) ? clientNameRules.reserved : undefined;
}

/** Whether a client may have so many labels or facts. */
export const areFew = (map: object): boolean => Object.keys(map).length <= limits.maxLabels;

export const areLabels = (map: Readonly<Record<string, string>>): boolean =>
  areFew(map) &&
  Object.entries(map).every(([name, value]) => !faultOfClientName(name) && labelValuePattern.test(value));
