import { SignalboxError } from '../../../schemas/errors.ts';
import { contextNamed, readContexts } from '../context/contexts.ts';
import { httpsAt } from './https-at.ts';
import type { Named, Whereabouts } from './whereabouts.ts';

/**
 * The server of the named context, or of the one in use. Given files take precedence over its files. A token of the
 * environment is used only for a context without credentials, so that it is not sent to another server.
 * @param path the file of contexts; undefined for a user without a home.
 * @returns undefined if none is named and none is in use.
 * @throws SignalboxError `bad_usage` if there is no such context; as `readContexts` and `httpsAt`.
 */
export function findContext(named: Named, path: string | undefined, env: NodeJS.ProcessEnv): Whereabouts | undefined {
  if (path === undefined)
    throw new SignalboxError('bad_usage', 'there is no folder for contexts: set HOME or XDG_CONFIG_HOME');
  const contexts = readContexts(path);
  const name = named.context ?? contexts.current;
  if (name === undefined) return undefined;
  const { address, ...files } = contextNamed(contexts, name);
  const { as: _, socketDir: __, context, ...given } = named;
  const signsIn = files.tokenFile !== undefined || files.tlsCert !== undefined;
  if (signsIn && given.tokenFile === env.SIGNALBOX_TOKEN_FILE) delete given.tokenFile;
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const { again, ...found } = httpsAt(address, { ...files, ...own }, env);
  const isTyped = context !== undefined && context !== env.SIGNALBOX_CONTEXT;
  return { ...found, again: isTyped ? `--context ${name} ` : '', decided: `context ${name}: ${address}` };
}
