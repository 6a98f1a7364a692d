import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SignalboxError } from '../../../schemas/errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { readPrivateText } from '../../private-text.ts';
import { wordsOf } from '../../process/system-error.ts';

/** A server over https and its files, by absolute paths. */
export interface Context {
  readonly address: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export interface Contexts {
  readonly all: ReadonlyMap<string, Context>;
  /** Name of the context in use. */
  readonly current: string | undefined;
}

const maxBytes = 1_048_576;
const keys = ['address', 'tokenFile', 'tlsCa', 'tlsCert', 'tlsKey'];

/**
 * Reads the contexts; none without a file. Uses no zod, because `attach` starts without it.
 * @throws SignalboxError `not_allowed` if others can read the file, or it is not valid.
 */
export function readContexts(path: string): Contexts {
  if (!existsSync(path)) return { all: new Map(), current: undefined };
  const text = readPrivateText(path, maxBytes);
  try {
    const { version, current, contexts } = JSON.parse(text);
    if (version !== 1 || !(current === undefined || typeof current === 'string'))
      throw new Error('its version is not 1');
    const all = new Map(Object.entries(contexts as Record<string, unknown>).filter(isNamedContext));
    if (all.size !== Object.keys(contexts).length) throw new Error('it contains an invalid context');
    return { all, current };
  } catch (cause) {
    throw new SignalboxError('not_allowed', `${path} is not a valid file of contexts: ${wordsOf(cause)}`, {
      cause,
    });
  }
}

function isNamedContext(entry: [string, unknown]): entry is [string, Context] {
  const values: Record<string, unknown> = Object(entry[1]);
  const isText = Object.entries(values).every(([key, value]) => keys.includes(key) && typeof value === 'string');
  return isText && values.address !== undefined;
}

/**
 * The context with this name.
 * @throws SignalboxError `bad_usage` if there is none.
 */
export function contextNamed({ all }: Contexts, name: string): Context {
  const context = all.get(name);
  if (context) return context;
  const names = [...all.keys()].join(', ');
  const others = names === '' ? 'add it: signalbox context add' : `there are: ${names}`;
  throw new SignalboxError('bad_usage', `there is no context '${name}'; ${others}`);
}

/**
 * Replaces the file atomically. The new file is also the lock: only the process that creates it may change contexts.
 * @throws SignalboxError `not_allowed` if others can enter the folder, or another process is changing contexts.
 */
export function changeContexts(path: string, change: (contexts: Contexts) => Contexts): void {
  const next = `${path}.new`;
  try {
    makeFolder(dirname(path));
    const others = statSync(dirname(path)).mode & 0o077;
    if (others !== 0) throw new Error(`others can enter the folder; run: chmod 700 ${dirname(path)}`);
    writeFileSync(next, '', { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const why = existsSync(next)
      ? 'it exists: another signalbox context is running, or was killed; in that case remove it'
      : wordsOf(cause);
    const text = `cannot create ${next}, contexts are unchanged: ${why}`;
    throw new SignalboxError('not_allowed', text, { cause });
  }
  try {
    const { all, current } = change(readContexts(path));
    const value = { version: 1, current, contexts: Object.fromEntries(all) };
    writeFileSync(next, `${JSON.stringify(value, null, 2)}\n`);
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}
