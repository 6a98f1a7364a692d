import { hostname } from 'node:os';
import { join } from 'node:path';
import { SignalboxError } from '../../schemas/errors.ts';
import { clientNamePattern } from '../../schemas/name-forms.ts';
import type { ExitCode } from '../exit-code.ts';
import type { Host } from '../host/host.ts';
import { jsonLine } from '../host/json-line.ts';
import { shellWord } from '../shell-word.ts';
import { isHostName } from '../tls/host-name.ts';
import { type Added, addToTlsFolder, createTlsFolder, pathsIn } from '../tls/tls-folder.ts';

/** The options of `signalbox tls`, checked. */
export interface TlsOptions {
  readonly host?: readonly string[];
  readonly days: number;
  readonly json?: boolean;
}

/** `signalbox tls init FOLDER` */
export async function initTls(folder: string, { host: given, days, json }: TlsOptions, host: Host): Promise<ExitCode> {
  const hosts = given?.map(checkedHost) ?? ownHosts();
  const [server, operator] = (await createTlsFolder(folder, [
    { name: 'server', hosts, days },
    { name: 'operator', days },
  ])) as [Added, Added];
  const ca = pathsIn(folder, 'ca');
  const facts = { folder, ca: ca.certificate, server: factsOf(server, hosts), operator: factsOf(operator) };
  const at = `https://${bracketed(hosts[0] ?? 'localhost')}:8443`;
  answer(host, json, facts, [
    `created in ${folder}: an authority (ca), a server certificate for ${hosts.join(', ')}, and an operator certificate; both are valid until ${dayOf(server)}`,
    `${ca.key} signs further certificates: keep it private, preferably on a third machine`,
    'next, on the machine of the server:',
    `  signalbox server --api https://0.0.0.0:8443 --tls-cert ${shellWord(server.certificate)} --tls-key ${shellWord(server.key)} --tls-client-ca ${shellWord(ca.certificate)}`,
    `  signalbox operators add NAME --role admin --certificate ${shellWord(operator.certificate)}`,
    `and on the machine of the operator, with ${[ca.certificate, operator.certificate, operator.key].join(', ')}:`,
    `  signalbox attach ${at} --tls-ca ${shellWord(ca.certificate)} --tls-cert ${shellWord(operator.certificate)} --tls-key ${shellWord(operator.key)}`,
  ]);
  return 0;
}

/** `signalbox tls operator NAME FOLDER` */
export async function addOperatorTls(
  name: string,
  folder: string,
  { options: { days, json }, host }: { readonly options: TlsOptions; readonly host: Host },
): Promise<ExitCode> {
  const added = await addToTlsFolder(folder, { name: checked(name), days });
  answer(host, json, { name, ...factsOf(added) }, [
    `${added.certificate} and ${added.key} are for ${name} only; valid until ${dayOf(added)}`,
    `next: signalbox operators add ${name} --role ROLE --certificate ${shellWord(added.certificate)}`,
  ]);
  return 0;
}

/** `signalbox tls server NAME FOLDER` */
export async function addServerTls(
  name: string,
  folder: string,
  { options: { host: given, days, json }, host }: { readonly options: TlsOptions; readonly host: Host },
): Promise<ExitCode> {
  const hosts = given?.map(checkedHost) ?? ownHosts();
  const added = await addToTlsFolder(folder, { name: checked(name), hosts, days });
  answer(host, json, { name, ...factsOf(added, hosts) }, [
    `${added.certificate} is for ${hosts.join(', ')}; valid until ${dayOf(added)}`,
    `next: signalbox server --api https://HOST:PORT --tls-cert ${shellWord(added.certificate)} --tls-key ${shellWord(added.key)} --tls-client-ca ${shellWord(join(folder, 'ca.pem'))}`,
  ]);
  return 0;
}

/** The names and loopback addresses of this machine that a certificate can contain. */
const ownHosts = (): string[] => [...new Set([hostname(), 'localhost', '127.0.0.1', '::1'])].filter(isHostName);

function checked(name: string): string {
  if (clientNamePattern.test(name)) return name;
  throw new SignalboxError(
    'bad_usage',
    `'${name}' is not a valid name: use [a-z0-9][a-z0-9._-]*, at most 63 characters`,
  );
}

function checkedHost(host: string): string {
  if (isHostName(host)) return host;
  throw new SignalboxError(
    'bad_usage',
    `--host ${host} is not a valid name or address; use for example box.example or 10.0.0.7`,
  );
}

const factsOf = ({ certificate, key, notAfter }: Added, hosts?: readonly string[]) => ({
  certificate,
  key,
  ...(hosts && { hosts }),
  notAfterMs: notAfter.getTime(),
});

const dayOf = ({ notAfter }: Added): string => notAfter.toISOString().slice(0, 10);
const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function answer(host: Host, json: boolean | undefined, facts: object, lines: readonly string[]): void {
  void host.stdout.write(json ? jsonLine(facts) : lines.map((line) => `${line}\n`).join(''));
}
