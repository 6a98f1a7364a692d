import { X509Certificate } from 'node:crypto';
import { SignalboxError } from '../../schemas/errors.ts';
import { ownName } from '../api/caller.ts';
import type { ExitCode } from '../exit-code.ts';
import { columnsOf, type Host } from '../host/host.ts';
import { jsonLine } from '../host/json-line.ts';
import { printable } from '../host/printable.ts';
import { keyFingerprint } from '../operators/key-fingerprint.ts';
import type { JobService } from '../plugin/job-service.ts';
import { callOperators, type OperatorRow, type OperatorWithToken } from '../plugin/operator-calls.ts';
import { readBounded } from '../read-bounded.ts';
import { tableLines } from '../shell/output/table-lines.ts';
import { connect } from './attach/connect.ts';
import { serverAt } from './attach/server-at.ts';

/** Maximum time for a server to answer. */
const patienceMs = 10_000;

/** The options of every subcommand of `signalbox operators`. */
export interface OperatorsOptions {
  readonly output: 'text' | 'json';
  readonly at?: string;
  readonly as?: string;
  readonly socketDir?: string;
}

export interface RotateOperatorOptions extends OperatorsOptions {
  readonly certificate?: string;
}

export interface AddOperatorOptions extends RotateOperatorOptions {
  readonly role: string;
  /** In ms since the epoch. */
  readonly expires?: number;
}

/** `signalbox operators add NAME` */
export function addOperator(name: string, options: AddOperatorOptions, host: Host): Promise<number> {
  const { role, expires: expiresMs, certificate } = options;
  const key = certificate === undefined ? {} : { keyFingerprint: fingerprintOf(certificate, host) };
  const rest = certificate === undefined && expiresMs === undefined ? '' : ' …';
  const request = { name, role, ...(expiresMs !== undefined && { expiresMs }), ...key };
  return withServer(`add ${name} --role ${role}${rest}`, options, host, async (service) => {
    const added = await callOperators(service, 'add', request);
    const until = added.expiresMs === undefined ? '' : ` until ${timeOf(added.expiresMs)}`;
    const how =
      added.keyFingerprint === undefined ? 'its token is shown only once' : `with the key ${added.keyFingerprint}`;
    await tell(added, { options, host, sentence: `${name} may sign in as ${added.role}${until}; ${how}` });
  });
}

/** `signalbox operators rotate NAME` */
export function rotateOperator(name: string, options: RotateOperatorOptions, host: Host): Promise<number> {
  const { certificate } = options;
  const key = certificate === undefined ? {} : { keyFingerprint: fingerprintOf(certificate, host) };
  return withServer(`rotate ${name}${certificate === undefined ? '' : ' …'}`, options, host, async (service) => {
    const rotated = await callOperators(service, 'rotate', { name, ...key });
    const how = rotated.keyFingerprint === undefined ? 'this token' : `the key ${rotated.keyFingerprint}`;
    await tell(rotated, { options, host, sentence: `${name} can sign in only with ${how}; its open calls have ended` });
  });
}

/** `signalbox operators remove NAME` */
export function removeOperator(name: string, options: OperatorsOptions, host: Host): Promise<number> {
  return withServer(`remove ${name}`, options, host, async (service) => {
    await callOperators(service, 'remove', { name });
    if (options.output === 'json') await host.stdout.write(jsonLine({ name, removed: true }));
    say(host, `${name} may no longer sign in; its open calls have ended, and its running jobs continue`);
  });
}

/** `signalbox operators list` */
export function listOperators(options: OperatorsOptions, host: Host): Promise<number> {
  return withServer('list', options, host, async (service) => {
    const rows = await callOperators(service, 'list', {});
    if (options.output === 'json') for (const row of rows) await host.stdout.write(jsonLine(row));
    else if (rows.length === 0) say(host, 'there are no operators; add one: signalbox operators add NAME --role ROLE');
    else {
      const lines = tableLines({ type: 'operator', rows, columns, empty: '' }, columnsOf(host));
      await host.stdout.write(lines.map((line) => `${line}\n`).join(''));
    }
  });
}

const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

const columns = [
  { heading: 'NAME', cell: ({ name }: OperatorRow) => name },
  {
    heading: 'ROLE',
    cell: ({ role, isWithoutRole }: OperatorRow) => (isWithoutRole ? `${role} (not configured)` : role),
  },
  {
    heading: 'EXPIRES',
    cell: ({ expiresMs, isExpired }: OperatorRow) => {
      if (expiresMs === undefined) return '-';
      return isExpired ? `${timeOf(expiresMs)} (expired)` : timeOf(expiresMs);
    },
  },
  { heading: 'LAST SEEN', cell: ({ seenMs }: OperatorRow) => (seenMs === undefined ? '-' : timeOf(seenMs)) },
  { heading: 'ADDED', cell: ({ addedMs }: OperatorRow) => timeOf(addedMs) },
  { heading: 'BY', cell: ({ addedBy }: OperatorRow) => addedBy },
  {
    heading: 'SIGNS IN WITH',
    cell: ({ keyFingerprint: key }: OperatorRow) => (key === undefined ? 'token' : `key ${key}`),
  },
];

/** Only the token goes to standard output, so that it can be redirected to a file. */
async function tell(
  { token, ...operator }: OperatorWithToken,
  { options, host, sentence }: { readonly options: OperatorsOptions; readonly host: Host; readonly sentence: string },
): Promise<void> {
  const isJson = options.output === 'json';
  const line = isJson ? jsonLine({ ...operator, ...(token !== undefined && { token }) }) : `${token}\n`;
  say(host, sentence);
  if (!isJson && token === undefined) return;
  await host.stdout.write(line).catch((cause: unknown) => {
    const lost = `the token could not be written; get another: signalbox operators rotate ${operator.name}`;
    throw new SignalboxError('unavailable', lost, { cause });
  });
}

const say = (host: Host, sentence: string): void => void host.stderr.write(`${printable(sentence)}\n`);

async function withServer(
  typed: string,
  { at, as = ownName(), socketDir }: OperatorsOptions,
  host: Host,
  run: (service: JobService) => Promise<void>,
): Promise<number> {
  const choose = (address: string) => `signalbox operators ${typed} --at ${address}`;
  const { grpc: path } = await serverAt(at, { socketDir, env: host.env, choose });
  const connected = await connect({ path, as, atOnce: true, awayMs: patienceMs }, { connectTimeout: patienceMs }, host);
  if (typeof connected === 'number') return connected;
  await using service = connected;
  await run(service);
  return 0 satisfies ExitCode;
}

/** @throws SignalboxError `bad_usage` */
function fingerprintOf(path: string, host: Host): string {
  const text = readBounded(path, `the certificate ${path}`);
  const certificate = parse(text, path);
  if (certificate.validToDate.getTime() < Date.now()) {
    say(
      host,
      `${path} expired at ${timeOf(certificate.validToDate.getTime())}; a new certificate of the same key is needed`,
    );
  }
  return keyFingerprint(certificate);
}

function parse(text: string, path: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    const what = /PRIVATE KEY/.test(text) ? 'contains a private key' : 'contains no PEM certificate';
    throw new SignalboxError('bad_usage', `${path} ${what}; give the file of a client certificate`, { cause });
  }
}
