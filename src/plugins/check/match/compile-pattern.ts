import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';
import { SignalboxError } from '../../../index.ts';

const require = createRequire(import.meta.url);

/**
 * A pattern in the syntax of RE2, which is matched in linear time.
 * @throws errors of re2js for an unsupported pattern; SignalboxError `command_failed` if the package is missing
 */
export function compilePattern(pattern: string): RE2JS {
  return load().RE2JS.compile(pattern);
}

/** @returns why the pattern is invalid, without quoting it; undefined if it is valid. */
export function patternFault(pattern: string): string | undefined {
  try {
    compilePattern(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof SignalboxError) throw error;
    const { message } = error as Error;
    return message.replace(/^error parsing regexp: /, '');
  }
}

/** Loaded at first use. A contract is checked synchronously, so it cannot wait for `import`. */
function load(): typeof import('re2js') {
  try {
    return require('re2js');
  } catch (cause) {
    throw new SignalboxError('command_failed', 'patterns need the package re2js: npm install re2js@2', { cause });
  }
}
