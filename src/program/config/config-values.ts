import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { configPaths } from '../../../schemas/config.ts';
import { clientOptions, serverOptions } from '../options.ts';
import { ConfigFile } from './config-file.ts';

export const openConfig = (path: string): ConfigFile => new ConfigFile(path);

/**
 * Values of a section of the configuration by the attributes of options, as the command line would leave them. What is
 * wrong is reported.
 */
export function valuesOf(file: ConfigFile, section: 'server' | 'client'): ReadonlyMap<string, unknown> {
  const options = section === 'server' ? serverOptions() : clientOptions();
  const values = new Map<string, unknown>();
  for (const [key, value] of file.values(section)) {
    const option = options.find((one) => one.attributeName() === key);
    try {
      const parse = option?.argChoices === undefined ? option?.parseArg : undefined;
      values.set(key, parse && typeof value === 'string' ? parse(value, undefined) : inFolder(file, key, value));
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      file.report([section, key], `${section}.${key}: ${error.message.replace(/\.$/, '')}, not '${value}'`);
    }
  }
  return values;
}

function inFolder(file: ConfigFile, key: string, value: unknown): unknown {
  return configPaths.includes(key) && typeof value === 'string' && value !== '-' ? resolve(file.folder, value) : value;
}
