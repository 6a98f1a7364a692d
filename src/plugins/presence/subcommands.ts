import type { Subcommand, SubcommandContext, SubcommandGroup, SubcommandOption } from '../../index.ts';
import { parseHostPort } from './model/host-port.ts';
import type { CountValues } from './programs/count.ts';
import type { GatewayValues } from './programs/gateway.ts';
import type { StatusValues } from './programs/status.ts';
import type { UserValues } from './programs/user.ts';

// Every subcommand of signalbox loads this module, so it imports no values of index.ts and as few modules as possible.

const maxUsers = 100_000;

const bind = (port: number): SubcommandOption => ({
  flags: '--bind <host:port>',
  text: 'where to listen',
  env: 'PRESENCE_BIND',
  default: `127.0.0.1:${port}`,
  parse: parseHostPort,
});
const store: SubcommandOption = {
  flags: '--store <address>',
  text: 'the database that all gateways and status services share: postgres://…',
  env: 'STORE',
  isRequired: true,
};
export const userSecretFile: SubcommandOption = {
  flags: '--user-secret-file <file>',
  text: 'secret that user-tokens are made from; without it, users are not authenticated',
  env: 'USER_SECRET_FILE',
};
const insecure: SubcommandOption = {
  flags: '--insecure',
  text: 'allow an address that other machines can reach, without encryption',
  env: 'INSECURE',
};

const connect = (text: string, port: number): SubcommandOption => ({
  flags: '--connect <host:port>',
  text,
  env: 'PRESENCE_CONNECT',
  default: `127.0.0.1:${port}`,
  parse: parseHostPort,
});
const tlsCa: SubcommandOption = {
  flags: '--tls-ca <file>',
  text: 'use TLS and trust these authorities (PEM)',
  env: 'TLS_CA',
};

const gateway: Subcommand = {
  name: 'gateway',
  summary: 'Ping connected users once a second and store who answers.',
  options: [bind(5560), store, userSecretFile, insecure],
  isService: true,
  traces: 'each batch that is stored',
  async run(values: GatewayValues, context: SubcommandContext) {
    await (await import('./programs/gateway.ts')).runGateway(values, context);
  },
};
const status: Subcommand = {
  name: 'status',
  summary: 'Serve the number of users online in the last 3 minutes.',
  options: [bind(5561), store, insecure],
  isService: true,
  traces: 'each count that is asked for',
  async run(values: StatusValues, context: SubcommandContext) {
    await (await import('./programs/status.ts')).runStatus(values, context);
  },
};
const user: Subcommand = {
  name: 'user',
  summary: 'Act as one or more users: connect to a gateway and answer its pings.',
  options: [
    connect('where the gateway is', 5560),
    tlsCa,
    {
      flags: '--id <id>',
      text: 'the user-id (default: of this host and process)',
      env: 'USER_ID',
    },
    {
      flags: '--count <n>',
      text: 'number of users, ID-1 to ID-n',
      env: 'USERS',
      parse(text) {
        if (/^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= maxUsers) return Number(text);
        throw new Error(`it is a whole number from 1 to ${maxUsers}`);
      },
    },
    userSecretFile,
  ],
  isService: false,
  async run(values: UserValues, context: SubcommandContext) {
    await (await import('./programs/user.ts')).runUser(values, context);
  },
};

const count: Subcommand = {
  name: 'count',
  summary: 'Ask a status service for the count.',
  options: [
    connect('where the status service is', 5561),
    tlsCa,
    { flags: '--follow', text: 'print the count whenever it changes, until stopped', env: 'FOLLOW' },
  ],
  isService: false,
  async run(values: CountValues, context: SubcommandContext) {
    await (await import('./programs/count.ts')).runCount(values, context);
  },
};

/** `signalbox presence …` */
export const presence: SubcommandGroup = {
  name: 'presence',
  summary: 'Presence: count the users that are online, over gRPC.',
  help: `
Gateways and status services share one database, so any number of each may run. signalbox server --presence
is both in one process, on any store (docs/presence.md).

Examples:
  signalbox presence gateway --store postgres://db.example/signalbox
  signalbox presence status --store postgres://db.example/signalbox
  signalbox presence user --count 100
  signalbox presence count`,
  subcommands: [gateway, status, user, count],
};
