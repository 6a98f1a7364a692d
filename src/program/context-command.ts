import { resolve } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { clientNamePattern } from '../../schemas/name-forms.ts';
import type { ExitCode } from '../exit-code.ts';
import { columnsOf, type Host } from '../host/host.ts';
import { jsonLine } from '../host/json-line.ts';
import { naturally } from '../natural-order.ts';
import { tableLines } from '../shell/output/table-lines.ts';
import type { AttachOptions } from './attach/attach-options.ts';
import { httpsAt } from './attach/https-at.ts';
import { type Context, changeContexts, contextNamed, readContexts } from './context/contexts.ts';
import { contextsPath } from './context/contexts-path.ts';

/** The options of `signalbox context add`. */
export type AddContextOptions = Pick<AttachOptions, 'tokenFile' | 'tlsCa' | 'tlsCert' | 'tlsKey'>;

export interface ListContextsOptions {
  readonly json?: boolean;
}

/** `signalbox context add NAME ADDRESS` */
export async function addContext(
  name: string,
  address: string,
  { options, host }: { readonly options: AddContextOptions; readonly host: Host },
): Promise<ExitCode> {
  if (!clientNamePattern.test(name)) {
    const rule = 'use [a-z0-9][a-z0-9._-]*, at most 63 characters';
    throw new SignalboxError('bad_usage', `'${name}' is not a valid context name: ${rule}`);
  }
  const context = { address, ...pathsOf(options) };
  // Fail now if it cannot be used.
  httpsAt(address, context, {});
  changeContexts(pathFor(host), ({ all, current }) => {
    if (all.has(name)) {
      throw new SignalboxError('bad_usage', `the context '${name}' exists; remove it first, or choose another name`);
    }
    return { all: new Map([...all, [name, context]]), current };
  });
  say(host, `${name} is ${address}`, `next: signalbox context use ${name}, or signalbox attach --context ${name}`);
  return 0;
}

/** `signalbox context use [NAME]` */
export async function useContext(name: string | undefined, host: Host): Promise<ExitCode> {
  changeContexts(pathFor(host), (contexts) => {
    if (name !== undefined) contextNamed(contexts, name);
    return { ...contexts, current: name };
  });
  say(host, name === undefined ? 'attach now uses the servers of this machine' : `attach now uses ${name}`);
  return 0;
}

/** `signalbox context list` */
export async function listContexts({ json }: ListContextsOptions, host: Host): Promise<ExitCode> {
  const { all, current } = readContexts(pathFor(host));
  const rows = [...all]
    .map(([name, context]) => ({ name, ...context, inUse: name === current }))
    .sort((a, b) => naturally(a.name, b.name));
  if (json) void host.stdout.write(rows.map(jsonLine).join(''));
  else if (rows.length === 0) say(host, 'no contexts; add one: signalbox context add NAME https://HOST:PORT');
  else say(host, ...tableLines({ type: 'context', rows, columns, empty: '' }, columnsOf(host)));
  return 0;
}

interface Row extends Context {
  readonly name: string;
  readonly inUse: boolean;
}

const columns = [
  { heading: 'NAME', cell: ({ name }: Row) => name },
  { heading: 'IN USE', cell: ({ inUse }: Row) => (inUse ? 'yes' : '-') },
  { heading: 'ADDRESS', cell: ({ address }: Row) => address },
  { heading: 'SIGNS IN WITH', cell: ({ tokenFile, tlsCert }: Row) => tokenFile ?? tlsCert ?? '-' },
];

/** `signalbox context remove NAME` */
export async function removeContext(name: string, host: Host): Promise<ExitCode> {
  changeContexts(pathFor(host), (contexts) => {
    contextNamed(contexts, name);
    const left = [...contexts.all].filter(([one]) => one !== name);
    return { all: new Map(left), current: contexts.current === name ? undefined : contexts.current };
  });
  say(host, `removed context ${name}; its files remain`);
  return 0;
}

const pathsOf = (options: AddContextOptions): AddContextOptions => {
  const { tokenFile, tlsCa, tlsCert, tlsKey } = options;
  const given = Object.entries({ tokenFile, tlsCa, tlsCert, tlsKey }).filter(([, path]) => path !== undefined);
  return Object.fromEntries(given.map(([name, path]) => [name, resolve(path ?? '')]));
};

function pathFor({ env }: Host): string {
  const path = contextsPath(env);
  if (path !== undefined) return path;
  throw new SignalboxError('bad_usage', 'there is no folder for contexts: set HOME or XDG_CONFIG_HOME');
}

const say = (host: Host, ...lines: readonly string[]) =>
  void host.stdout.write(lines.map((line) => `${line}\n`).join(''));
