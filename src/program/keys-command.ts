import { dirname } from 'node:path';
import type { ExitCode } from '../exit-code.ts';
import { foldNames } from '../fold-names.ts';
import { columnsOf, type Host } from '../host/host.ts';
import { jsonLine } from '../host/json-line.ts';
import type { Allowed } from '../keys/allow-list.ts';
import { KeyStore } from '../keys/key-store.ts';
import { naturally } from '../natural-order.ts';
import { tableLines } from '../shell/output/table-lines.ts';
import { unfoldNames } from '../unfold-names.ts';

/** The options of every subcommand of `signalbox keys`. */
export interface KeysOptions {
  readonly keys: string;
  readonly json?: boolean;
}

export interface AddKeysOptions extends KeysOptions {
  readonly replicas?: boolean;
  readonly label?: Readonly<Record<string, string>>;
}

/** `signalbox keys init` */
export async function initKeys({ keys, json }: KeysOptions, host: Host): Promise<ExitCode> {
  const publicKey = new KeyStore(keys).init();
  answer(host, json, { folder: keys, publicKey }, [
    `${keys} has the key pair of a server; its public key is ${publicKey}`,
    `next: signalbox keys add NAME --keys ${keys}`,
  ]);
  return 0;
}

/** `signalbox keys add NAME…` */
export async function addKeys(
  names: readonly string[],
  { keys, json, replicas = false, label: labels = {} }: AddKeysOptions,
  host: Host,
): Promise<ExitCode> {
  const store = new KeyStore(keys);
  const added = unfoldNames(names);
  store.addAll(added, { replicas, labels });
  const vouched = Object.keys(labels).length > 0 ? { labels } : undefined;
  const [only = '', ...others] = added;
  if (json) {
    for (const name of added)
      answer(host, json, { name, replicas, credentials: store.credentialsPath(name), ...vouched }, []);
  } else if (others.length === 0) {
    answer(host, json, undefined, [
      `${only} may join; copy its credentials to that client only: ${store.credentialsPath(only)}`,
      `next: signalbox client --connect tcp://SERVER:5555 --credentials ${only}.json`,
    ]);
  } else {
    answer(host, json, undefined, [
      `${foldNames(added)} may join; copy the credentials of each to that client only: ${dirname(store.credentialsPath(only))}`,
      'next: signalbox client --connect tcp://SERVER:5555 --credentials NAME.json',
    ]);
  }
  return 0;
}

/** `signalbox keys list` */
export async function listKeys({ keys, json }: KeysOptions, host: Host): Promise<ExitCode> {
  const clients = [...new KeyStore(keys).list()].sort((a, b) => naturally(a.name, b.name));
  if (json) {
    for (const { name, replicas, publicKey, addedMs, labels } of clients) {
      answer(host, json, { name, replicas, publicKey, addedMs, ...(labels && { labels }) }, []);
    }
  } else if (clients.length === 0) answer(host, json, undefined, ['no client may join yet']);
  else {
    const shown = clients.some(({ labels }) => labels) ? [...columns, labelColumn] : columns;
    const table = { type: 'key', rows: clients, columns: shown, empty: '' };
    answer(host, json, undefined, tableLines(table, columnsOf(host)));
  }
  return 0;
}

const columns = [
  { heading: 'NAME', cell: ({ name, replicas }: Allowed) => (replicas ? `${name} ${name}-*` : name) },
  { heading: 'ADDED', cell: ({ addedMs }: Allowed) => new Date(addedMs).toISOString() },
  { heading: 'PUBLIC KEY', cell: ({ publicKey }: Allowed) => publicKey },
];

const labelColumn = {
  heading: 'LABELS',
  cell: ({ labels = {} }: Allowed) =>
    Object.entries(labels)
      .map((label) => label.join('='))
      .join(' ') || '-',
};

/** `signalbox keys revoke NAME…` */
export async function revokeKeys(names: readonly string[], { keys, json }: KeysOptions, host: Host): Promise<ExitCode> {
  const revoked = unfoldNames(names);
  new KeyStore(keys).revoke(...revoked);
  if (json) for (const name of revoked) answer(host, json, { name, revoked: true }, []);
  else answer(host, json, undefined, [`${foldNames(revoked)} may no longer join`]);
  return 0;
}

function answer(host: Host, json: boolean | undefined, facts: object | undefined, lines: string[]): void {
  if (!json) void host.stdout.write(lines.map((line) => `${line}\n`).join(''));
  else if (facts) void host.stdout.write(jsonLine(facts));
}
