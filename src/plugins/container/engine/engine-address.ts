import { homedir } from 'node:os';
import { join } from 'node:path';
import { SignalboxError } from '../../../index.ts';

/** The address of an engine. Default path of a socket: the default of Docker on this machine. */
export type EngineAddress =
  | { readonly kind: 'socket'; readonly path: string | undefined }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'tls'; readonly host: string; readonly port: number; readonly folder: string }
  | { readonly kind: 'ssh'; readonly host: string; readonly user: string; readonly port: number | undefined };

const isLoopback = (host: string): boolean => /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(host);

/**
 * The engine that the Docker CLI would use with `DOCKER_HOST`, `DOCKER_TLS_VERIFY`, `DOCKER_CERT_PATH` and `DOCKER_CONFIG`.
 * @throws SignalboxError `bad_usage` for an invalid address; `insecure_endpoint` for another machine without TLS
 */
export function engineAddress(env: NodeJS.ProcessEnv): EngineAddress {
  const text = env.DOCKER_HOST ?? '';
  if (text === '') return { kind: 'socket', path: undefined };
  if (/^(?:unix|npipe):\/\//.test(text))
    return { kind: 'socket', path: text.slice(text.indexOf('://') + 3) || undefined };
  const url = URL.parse(text.includes('://') ? text : `tcp://${text}`);
  const { protocol, hostname, port: portText = '', username = '', pathname = '' } = url ?? {};
  if (!hostname || !/^(?:tcp|https?|ssh):$/.test(protocol ?? '') || !/^\/?$/.test(pathname)) {
    const example = 'unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST';
    throw new SignalboxError('bad_usage', `DOCKER_HOST must be an address such as ${example}, not '${text}'`);
  }
  const port = portText === '' ? undefined : Number(portText);
  if (protocol === 'ssh:') return { kind: 'ssh', host: hostname, user: decodeURIComponent(username), port };
  const { DOCKER_TLS_VERIFY, DOCKER_CERT_PATH, DOCKER_CONFIG } = env;
  if (DOCKER_TLS_VERIFY || protocol === 'https:' || port === 2376) {
    const folder = DOCKER_CERT_PATH || DOCKER_CONFIG || join(homedir(), '.docker');
    return { kind: 'tls', host: hostname, port: port ?? 2376, folder };
  }
  if (!isLoopback(hostname)) {
    const why = `anyone on the path to ${hostname} can read and change the traffic`;
    const hint = 'set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use ssh://';
    throw new SignalboxError('insecure_endpoint', `the engine at ${text} has no TLS: ${why}; ${hint}`);
  }
  return { kind: 'tcp', host: hostname, port: port ?? 2375 };
}
