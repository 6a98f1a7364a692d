import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvalidArgumentError, type Option } from 'commander';
import { configPaths, groupsSchema } from '../../../schemas/config.ts';
import { SignalboxError } from '../../../schemas/errors.ts';
import { createGroups } from '../../target-groups.ts';
import { withoutPasswords } from '../../without-passwords.ts';
import { hasPassword, parseStoreAddress } from '../store/store-address.ts';
import { ConfigFile, type Section } from './config-file.ts';

export const openConfig = (path: string): ConfigFile => new ConfigFile(path);

/**
 * Values of a section of the configuration by option attribute, parsed as on the command line. Problems are reported to
 * `file`.
 */
export function valuesOf(file: ConfigFile, section: Section, options: readonly Option[]): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [key, value] of file.values(section)) {
    const option = options.find((one) => one.attributeName() === key);
    try {
      const parse = option?.argChoices === undefined ? option?.parseArg : undefined;
      refuseOpenPassword(file, section, key, value);
      if (key === 'group') refuseWrongGroups(file, section, value);
      values.set(
        key,
        parse && typeof value === 'string' ? inFolder(file, key, parse(value, undefined)) : inFolder(file, key, value),
      );
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      const sentence = `${[...section, key].join('.')}: ${error.message.replace(/\.$/, '')}, not '${value}'`;
      file.report([...section, key], withoutPasswords(sentence));
    }
  }
  return values;
}

/** Refuses a password in a file that others can read. */
function refuseOpenPassword(file: ConfigFile, section: Section, key: string, value: unknown): void {
  if (key !== 'store' || typeof value !== 'string' || !hasPassword(value)) return;
  if ((statSync(file.path).mode & 0o077) === 0) return;
  file.report(
    [...section, key],
    `others can read the password in ${[...section, key].join('.')}: chmod 600 ${file.path}`,
  );
}

function refuseWrongGroups(file: ConfigFile, section: Section, value: unknown): void {
  const { success, data: groups } = groupsSchema.safeParse(value);
  if (!success || !groups) return;
  try {
    createGroups(groups);
  } catch (error) {
    file.report([...section, 'group'], SignalboxError.from(error, 'internal').message);
  }
}

function inFolder(file: ConfigFile, key: string, value: unknown): unknown {
  if (key === 'store' && typeof value === 'string') {
    const address = parseStoreAddress(value);
    const path = address?.kind === 'sqlite' ? address.path : undefined;
    return path === undefined ? value : `sqlite:${resolve(file.folder, path)}`;
  }
  return configPaths.includes(key) && typeof value === 'string' && value !== '-' ? resolve(file.folder, value) : value;
}
