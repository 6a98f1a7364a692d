import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SignalboxError } from '../../../schemas/errors.ts';
import { makeFolder } from '../../make-folder.ts';
import { readPrivateText } from '../../private-text.ts';
import { wordsOf } from '../../process/system-error.ts';

/** A server over https and the files that open it, by absolute paths. */
export interface Context {
  readonly address: string;
  readonly tokenFile?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

export interface Contexts {
  readonly all: ReadonlyMap<string, Context>;
  /** Name of the one that is in use. */
  readonly current: string | undefined;
}

const maxBytes = 1_048_576;
const keys = ['address', 'tokenFile', 'tlsCa', 'tlsCert', 'tlsKey'];

/**
 * Reads the contexts; none where there is no file. No zod here: `attach` starts without it.
 * @throws SignalboxError `not_allowed` where others can read the file, or it is not what it should be.
 */
export function readContexts(path: string): Contexts {
  if (!existsSync(path)) return { all: new Map(), current: undefined };
  const text = readPrivateText(path, maxBytes);
  try {
    const { version, current, contexts } = JSON.parse(text);
    if (version !== 1 || !(current === undefined || typeof current === 'string')) throw new Error('no version 1');
    const all = new Map(Object.entries(contexts as Record<string, unknown>).filter(isNamedContext));
    if (all.size !== Object.keys(contexts).length) throw new Error('a context that is none');
    return { all, current };
  } catch (cause) {
    throw new SignalboxError('not_allowed', `${path} is not what signalbox context writes: ${wordsOf(cause)}`, {
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
 * The context of this name.
 * @throws SignalboxError `bad_usage` where there is none.
 */
export function contextNamed({ all }: Contexts, name: string): Context {
  const context = all.get(name);
  if (context) return context;
  const names = [...all.keys()].join(', ');
  const others = names === '' ? 'add it: signalbox context add' : `there are: ${names}`;
  throw new SignalboxError('bad_usage', `there is no context '${name}'; ${others}`);
}

/**
 * Replaces the file: a reader sees the old contexts or the new ones, whole. Whoever makes the new file has it to itself.
 * @throws SignalboxError `not_allowed` where others can enter the folder, or another process is at work.
 */
export function changeContexts(path: string, change: (contexts: Contexts) => Contexts): void {
  const next = `${path}.new`;
  try {
    makeFolder(dirname(path));
    const others = statSync(dirname(path)).mode & 0o077;
    if (others !== 0) throw new Error(`others can enter the folder; make it yours alone: chmod 700 ${dirname(path)}`);
    writeFileSync(next, '', { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    const why = existsSync(next)
      ? 'it is there: another signalbox context is at work, or was killed; then remove it'
      : wordsOf(cause);
    const text = `${next} cannot be made, and contexts stay as they are: ${why}`;
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
