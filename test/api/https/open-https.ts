import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnectTransport } from '@connectrpc/connect-node';
import { Client, credentials } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import type { RoleDefinitions } from '../../../schemas/roles.ts';
import { type NetworkLimits, networkLimits } from '../../../src/api/https/network-limits.ts';
import type { DoorNews } from '../../../src/api/https/news.ts';
import { serveHttps } from '../../../src/api/https/serve-https.ts';
import type { TlsFiles } from '../../../src/api/https/tls-settings.ts';
import type { ServerOptions } from '../../../src/index.ts';
import { RoleGuard } from '../../../src/operators/guard.ts';
import { Operators } from '../../../src/operators/operators.ts';
import { createRoles } from '../../../src/operators/role.ts';
import { createMemoryCollections } from '../../../src/store/memory/memory-collection.ts';
import { openPair } from '../../support/library.ts';
import type { Caller } from '../callers.ts';
import { connectCallerOver } from '../connect-caller.ts';
import { curlCallerAt, hasCurl } from '../curl-caller.ts';
import { grpcCallerOver } from '../grpc-caller.ts';
import { echo, hang, hangHandler, say, sayHandler } from '../open-api.ts';
import { Authority, type Pair } from './certificates.ts';

interface Opening extends Partial<ServerOptions> {
  readonly limits?: Partial<NetworkLimits>;
  readonly roles?: RoleDefinitions;
  /** Requests client certificates. */
  readonly asksForCertificates?: boolean;
  readonly tls?: Partial<TlsFiles>;
  readonly host?: string;
}

/** A server with a client `w1`, its operators, and its API over https. Closed after the test, or by `whenDone`. */
export async function openHttps(
  { limits, roles = {}, asksForCertificates = false, tls, host = '127.0.0.1', ...options }: Opening = {},
  whenDone: (close: () => Promise<void>) => void = onTestFinished,
) {
  const stack = new AsyncDisposableStack();
  whenDone(() => stack.disposeAsync());
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-https-'));
  stack.defer(() => rmSync(folder, { recursive: true }));
  const authority = new Authority(folder, 'authority');
  const pair = authority.server('server');
  const operators = stack.use(
    await Operators.open(createMemoryCollections()('operators'), createRoles(roles, new Map())),
  );
  const { server, client } = stack.use(
    await openPair({
      server: { commands: [say, hang], plugins: [echo], guard: new RoleGuard(operators), ...options },
      client: { commands: [sayHandler, hangHandler] },
    }),
  );
  const news: DoorNews[] = [];
  const api = stack.use(
    await serveHttps(server, {
      at: { host, port: 0 },
      tls: { ...pair, min: '1.3', ...(asksForCertificates && { clientCa: authority.cert }), ...tls },
      credentials: operators,
      tell: (one) => void news.push(one),
      limits: { ...networkLimits, ...limits },
    }),
  );
  const add = (name: string, role = 'operator') => operators.add(name, { role, by: 'local:owner' });
  return { server, client, operators, add, folder, authority, pair, api, news, url: api.url, ends: stack };
}

/** The credentials of a caller, and the authorities it trusts. */
export interface Shown {
  readonly ca: string;
  readonly token?: string | undefined;
  readonly pair?: Pair | undefined;
}

type OpenCaller = (url: string, shown: Shown, ends: AsyncDisposableStack) => Caller;

/** Ways to call over https, until `ends` is disposed; `missing` is the reason why one cannot be tested here. */
export const ways: readonly [name: string, open: OpenCaller, missing: string | undefined][] = [
  ['curl', curlOver, hasCurl ? undefined : 'there is no curl here'],
  ['Connect over HTTP/1.1', (url, shown, ends) => connectOver('1.1', url, shown, ends), undefined],
  ['Connect over HTTP/2', (url, shown, ends) => connectOver('2', url, shown, ends), undefined],
  ['gRPC', grpcOver, undefined],
];

function curlOver(url: string, { ca, token, pair }: Shown): Caller {
  const certificate = pair ? ['--cert', pair.cert, '--key', pair.key] : [];
  return withToken(token, curlCallerAt(url, ['--cacert', ca, ...certificate]));
}

export function connectOver(
  httpVersion: '1.1' | '2',
  baseUrl: string,
  shown: Shown,
  ends: AsyncDisposableStack,
): Caller {
  const nodeOptions = { ...secrets(shown), agent: false } as const;
  const leaving = new AbortController();
  ends.defer(() => leaving.abort());
  const given = { baseUrl, useBinaryFormat: false, idleConnectionTimeoutMs: 1 };
  const transport =
    httpVersion === '1.1'
      ? createConnectTransport({ ...given, httpVersion, nodeOptions })
      : createConnectTransport({ ...given, httpVersion, nodeOptions: secrets(shown) });
  return withToken(shown.token, connectCallerOver(transport));
}

export function grpcOver(url: string, shown: Shown, ends: AsyncDisposableStack): Caller {
  const { ca, key, cert } = secrets(shown);
  const client = new Client(new URL(url).host, credentials.createSsl(ca, key ?? null, cert ?? null));
  ends.defer(() => client.close());
  return withToken(shown.token, grpcCallerOver(client));
}

const secrets = ({ ca, pair }: Shown) => ({
  ca: readFileSync(ca),
  ...(pair && { cert: readFileSync(pair.cert), key: readFileSync(pair.key) }),
});

const withToken =
  (token: string | undefined, call: Caller): Caller =>
  (method, request, options = {}) =>
    call(method, request, {
      ...options,
      headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...options.headers },
    });
