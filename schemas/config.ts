import { z } from 'zod';
import { clientNameSchema, labelsSchema } from './names.ts';
import { channelsSchema, notifySchema } from './notify.ts';
import { rolesSchema } from './roles.ts';

const path = (description: string) =>
  z
    .string()
    .min(1)
    .meta({ description: `${description}; relative to this file` });
/** @param pattern for editors; the program checks the value more strictly. */
const text = (description: string, pattern?: string) =>
  z
    .string()
    .min(1)
    .meta({ description, ...(pattern !== undefined && { pattern }) });
const count = (description: string) => z.int().min(0).max(9_999).meta({ description });
const yes = (description: string) => z.boolean().meta({ description });
const duration = (description: string) =>
  z
    .string()
    .min(1)
    .meta({ description, examples: ['30s', '5m'], pattern: '^\\d+(\\.\\d+)?(ms|s|m|h|d)?$' });
const logLevel = z.enum(['debug', 'info', 'warn', 'error']).meta({ description: 'the lowest level that is logged' });

const userSecretFile = path('the secret that user tokens are made from');
const metrics = text('serve Prometheus metrics at /metrics on this [HOST]:PORT', ':\\d{1,5}$');

/** Options that a server and a client share. */
const common = {
  insecure: yes('allow an endpoint without keys that other machines can reach'),
  health: path('the socket that answers signalbox health, in a folder of mode 0700'),
  traces: text('export spans to this OpenTelemetry collector', '^https?://'),
  log: path('append log lines, as JSON, to this file; - is standard error'),
  logLevel,
};

/** Groups: targets by name. */
export const groupsSchema = z.record(clientNameSchema, z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]));

const server = z
  .strictObject({
    bind: text('where to listen'),
    headless: yes('run without a prompt or a script until SIGTERM'),
    spawn: count('number of clients to start on this machine'),
    output: z.enum(['text', 'json']).meta({ description: 'text for people, json for programs' }),
    waitClients: count('number of clients that a script waits for before it begins'),
    connectTimeout: duration('maximum time to wait for clients'),
    timeout: duration('time after which the program ends with exit code 124'),
    echo: yes('print each line of a script before it runs (text output)'),
    begin: text("the first line that a prompt runs, for example 'use online'"),
    keepGoing: yes('continue a script after a failure'),
    exitCode: z
      .enum(['script', 'job'])
      .meta({ description: 'job: if only programs failed, the largest of their exit codes' }),
    lostAfter: duration('time after which the jobs of an absent client become lost'),
    recoverWithin: duration('time after which recoverable jobs of an absent client, such as containers, become lost'),
    store: text('where jobs are kept: memory, sqlite[:PATH] (relative to this file) or postgres://…'),
    storeSync: z
      .enum(['normal', 'full'])
      .meta({ description: 'full: confirmed writes to sqlite also survive a power failure' }),
    keep: duration('time from the outcome of a stored job until the job is deleted'),
    keepBytes: text('maximum size of the store, such as 1GiB; above it, the oldest outcomes are deleted'),
    adopt: yes('adopt jobs of other stores that clients hold'),
    group: groupsSchema.meta({ description: 'names for targets, such as web: web-*,!web-9 or db: [db1, db2]' }),
    workflows: path('the folder of workflows that are run by name'),
    presence: text('serve presence at this HOST:PORT'),
    userSecretFile,
    keys: path('accept only clients that were added to this folder'),
    audit: path('append an audit record to this file, as JSON lines: who joined, and who sent what to whom'),
    socketDir: path('the folder of mode 0700 for the sockets that programs connect to'),
    api: text('serve operators at this address, over TLS only: https://HOST:PORT', '^https://'),
    tlsCert: path('the certificate of api, and its chain up to the authority'),
    tlsKey: path('the key of the certificate'),
    tlsClientCa: path('the authorities that sign client certificates of operators'),
    tlsMin: z.enum(['1.2', '1.3']).meta({ description: 'the minimum version of TLS for api (default: 1.3)' }),
    metrics,
    ...common,
  })
  .partial()
  .meta({ description: 'options of signalbox server' });

const client = z
  .strictObject({
    connect: text('where the server listens'),
    name: text('the name of the client'),
    credentials: path('the credentials that signalbox keys add wrote for this client'),
    allow: z.array(z.string().min(1)).meta({ description: 'the data commands that the client runs' }),
    label: labelsSchema.meta({ description: 'labels for targets, such as env: prod' }),
    ready: yes('accept data commands at once, without waiting for start'),
    state: path('the folder where commands keep state that survives the client process'),
    forgetAfter: duration('time after which the client forgets the outcome of a job of another store'),
    quiet: yes('print only errors'),
    ...common,
  })
  .partial()
  .meta({ description: 'options of signalbox client' });

/** Options of every program of a plug-in. */
const { traces, insecure, ...ofProgram } = common;
const sharedStore = text('the database that all gateways and status services share', '^postgres(ql)?://');

const presence = z
  .strictObject({
    gateway: z
      .strictObject({
        bind: text('where to listen, as HOST:PORT'),
        store: sharedStore,
        userSecretFile,
        insecure,
        metrics,
        traces,
        ...ofProgram,
      })
      .partial()
      .nullable()
      .meta({ description: 'options of signalbox presence gateway' }),
    status: z
      .strictObject({
        bind: text('where to listen, as HOST:PORT'),
        store: sharedStore,
        insecure,
        metrics,
        traces,
        ...ofProgram,
      })
      .partial()
      .nullable()
      .meta({ description: 'options of signalbox presence status' }),
    user: z
      .strictObject({
        connect: text('where the gateway is, as HOST:PORT'),
        tlsCa: path('use TLS and trust the authorities in this file'),
        id: text('the user id'),
        count: z.int().min(1).max(100_000).meta({ description: 'number of users to simulate' }),
        userSecretFile,
        metrics,
        ...ofProgram,
      })
      .partial()
      .nullable()
      .meta({ description: 'options of signalbox presence user' }),
    count: z
      .strictObject({
        connect: text('where the status service is, as HOST:PORT'),
        tlsCa: path('use TLS and trust the authorities in this file'),
        follow: yes('print the count again whenever it changes'),
        metrics,
        ...ofProgram,
      })
      .partial()
      .nullable()
      .meta({ description: 'options of signalbox presence count' }),
  })
  .partial()
  .meta({ description: 'counts who is online' });

const days = (description: string) => text(description, '^[0-9]{1,4}d$');

const check = z
  .strictObject({
    writer: z
      .strictObject({
        from: text('the topic that clients send results to, as kafka://HOST:PORT/TOPIC', '^kafka://'),
        to: text('the database that results are written to, without a password', '^postgres(ql)?://'),
        kafkaCredentials: path('the credentials for the brokers, as JSON'),
        group: text('the consumer group; writers of one group share the topic'),
        keep: days('how long each result is kept, such as 30d'),
        keepHourly: days('how long hourly summaries are kept, such as 400d'),
        metrics,
        ...ofProgram,
      })
      .partial()
      .nullable()
      .meta({ description: 'options of signalbox check writer' }),
  })
  .partial()
  .meta({ description: 'moves results of checks from Kafka to PostgreSQL' });

const plugins = z.record(z.string().min(1), z.record(z.string(), z.unknown()).nullable()).meta({
  description: 'plug-ins and their options: ./FILE relative to this file, or a package installed in the working folder',
});

const secretName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'a name is [A-Za-z_][A-Za-z0-9_-]*, at most 63 characters');

/** A value that is not a map may be the secret itself, so no error quotes it. */
const secret = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}),
  z
    .strictObject({
      file: path('the file that contains the secret; a line break at its end is removed').optional(),
      env: text('the environment variable of the server that contains the secret').optional(),
      workflows: z
        .array(z.string().min(1))
        .min(1, 'name at least one')
        .meta({ description: 'the workflows of the folder --workflows that may use the secret' }),
    })
    .refine(({ file, env }) => (file === undefined) !== (env === undefined), 'give either file or env'),
);

const secrets = z.record(secretName, secret).meta({
  description: 'secrets that workflows of the folder --workflows may use; they are neither stored nor shown',
});

const standingLine = z.string().min(1).meta({
  description: "a standing command, as typed at a prompt: '@edge check --every 30s https://example.org/'",
});

/** Standing lines by name: commands that the server keeps running. */
export const standingSchema = z
  .record(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'a name is [A-Za-z0-9][A-Za-z0-9._-]*, at most 63 characters'),
    z.union([
      standingLine,
      z.strictObject({
        do: standingLine,
        for: z
          .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/), z.array(z.string().min(1)).min(1).max(10_000))
          .optional()
          .meta({
            description:
              'lists of values by name: one line for each value; do refers to the value by the name of its list',
          }),
      }),
    ]),
  )
  .meta({ description: 'commands that the server keeps running on each client of their targets' });

/** The file of `--config`. Keys are option names in camelCase. */
export const configSchema = z
  .strictObject({
    server: server.nullable(),
    client: client.nullable(),
    presence: presence.nullable(),
    check: check.nullable(),
    plugins: plugins.nullable(),
    secrets: secrets.nullable(),
    standing: standingSchema.nullable(),
    roles: rolesSchema.nullable(),
    channels: channelsSchema.nullable(),
    notify: notifySchema.nullable(),
  })
  .partial()
  .meta({ title: 'Signalbox configuration' });

export type Config = z.infer<typeof configSchema>;

/** Options whose values are paths. */
export const configPaths: readonly string[] = [
  'health',
  'log',
  'keys',
  'audit',
  'credentials',
  'socketDir',
  'state',
  'workflows',
  'userSecretFile',
  'tlsCa',
  'tlsCert',
  'tlsKey',
  'tlsClientCa',
];
