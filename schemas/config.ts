import { z } from 'zod';
import { clientNameSchema, labelsSchema } from './names.ts';
import { channelsSchema, notifySchema } from './notify.ts';
import { rolesSchema } from './roles.ts';

const path = (description: string) =>
  z
    .string()
    .min(1)
    .meta({ description: `${description}; relative to this file` });
/** @param pattern tells editors what the program takes; the program itself says more about it. */
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
const logLevel = z.enum(['debug', 'info', 'warn', 'error']).meta({ description: 'how much is logged' });

const userSecretFile = path('the secret of which user-tokens are made');
const metrics = text('serve /metrics to Prometheus at this [HOST]:PORT', ':\\d{1,5}$');

/** What a server and a client have both. */
const common = {
  insecure: yes('allow an endpoint that other machines can reach, without keys'),
  health: path('the socket at which signalbox health is answered, in a folder of mode 0700'),
  traces: text('the OpenTelemetry collector that spans are exported to', '^https?://'),
  log: path('append what happens there, as JSON lines; - is standard error'),
  logLevel,
};

/** Targets by name. */
export const groupsSchema = z.record(clientNameSchema, z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]));

const server = z
  .strictObject({
    bind: text('where to listen'),
    headless: yes('no prompt and no script: the server stays until SIGTERM'),
    spawn: count('clients to start on this machine'),
    output: z.enum(['text', 'json']).meta({ description: 'text for people, json for programs' }),
    waitClients: count('clients that a script first waits for'),
    connectTimeout: duration('maximum time to wait for clients'),
    timeout: duration('after this time the whole program ends, with exit code 124'),
    echo: yes('a script in text shows each line before it is carried out'),
    begin: text("the line that a prompt begins with, such as 'use online'"),
    keepGoing: yes('a script goes on after a failure'),
    exitCode: z
      .enum(['script', 'job'])
      .meta({ description: 'job: where only programs have failed, the largest of their exit codes' }),
    lostAfter: duration('jobs of a client that stays away so long are lost'),
    recoverWithin: duration('the same for jobs that outlive their client, such as containers'),
    store: text('where jobs are kept: memory, sqlite[:PATH] (relative to this file) or postgres://…'),
    storeSync: z
      .enum(['normal', 'full'])
      .meta({ description: 'full: sqlite also survives a power cut with all it said' }),
    keep: duration('a stored job is deleted so long after its outcome'),
    keepBytes: text('the oldest outcomes are deleted while the store is larger, such as 1GiB'),
    adopt: yes('take jobs of other stores from clients that hold them'),
    group: groupsSchema.meta({ description: 'names for targets, such as web: web-*,!web-9 or db: [db1, db2]' }),
    workflows: path('the folder of the workflows that are run by their names'),
    presence: text('answer presence there, as HOST:PORT'),
    userSecretFile,
    keys: path('let in only clients that were added to this folder'),
    audit: path('append there who joined and what was sent to whom, as JSON lines'),
    socketDir: path('the folder of the sockets at which programs reach it, of mode 0700'),
    api: text('answer operators there, over TLS alone, as https://HOST:PORT', '^https://'),
    tlsCert: path('the certificate of api, and those up to its authority'),
    tlsKey: path('the key of the certificate'),
    tlsClientCa: path('who signs client certificates of operators'),
    tlsMin: z.enum(['1.2', '1.3']).meta({ description: 'the oldest TLS that api takes; 1.3 by default' }),
    metrics,
    ...common,
  })
  .partial()
  .meta({ description: 'options of signalbox server' });

const client = z
  .strictObject({
    connect: text('where the server listens'),
    name: text('the name it is called by'),
    credentials: path('what signalbox keys add has written for this client'),
    allow: z.array(z.string().min(1)).meta({ description: 'the data commands that it runs' }),
    label: labelsSchema.meta({ description: 'what targets know it by, such as env: prod' }),
    ready: yes('take work at once, without waiting for start'),
    state: path('where its commands keep what outlives it'),
    forgetAfter: duration('an outcome of another store is forgotten so long after its job'),
    quiet: yes('say only what goes wrong'),
    ...common,
  })
  .partial()
  .meta({ description: 'options of signalbox client' });

/** What every program of a plug-in has. */
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
        tlsCa: path('speak TLS, and trust the authorities in this file'),
        id: text('the user-id'),
        count: z.int().min(1).max(100_000).meta({ description: 'be so many users' }),
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
        tlsCa: path('speak TLS, and trust the authorities in this file'),
        follow: yes('say the count again whenever it has changed'),
        metrics,
        ...ofProgram,
      })
      .partial()
      .nullable()
      .meta({ description: 'options of signalbox presence count' }),
  })
  .partial()
  .meta({ description: 'who is online, counted' });

const days = (description: string) => text(description, '^[0-9]{1,4}d$');

const check = z
  .strictObject({
    writer: z
      .strictObject({
        from: text('where clients send results, as kafka://HOST:PORT/TOPIC', '^kafka://'),
        to: text('the database, without a password', '^postgres(ql)?://'),
        kafkaCredentials: path('how to prove itself to the brokers, as JSON'),
        group: text('the consumer group: writers of one share the topic'),
        keep: days('how long each result is kept, such as 30d'),
        keepHourly: days('how long what they come to in an hour is kept, such as 400d'),
        metrics,
        ...ofProgram,
      })
      .partial()
      .nullable()
      .meta({ description: 'options of signalbox check writer' }),
  })
  .partial()
  .meta({ description: 'results of checks, from Kafka into PostgreSQL' });

const plugins = z.record(z.string().min(1), z.record(z.string(), z.unknown()).nullable()).meta({
  description: 'plug-ins and their options: ./FILE relative to this file, or a package of the working folder',
});

const secretName = z
  .string()
  .max(63)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'a name is [A-Za-z_][A-Za-z0-9_-]*, at most 63 characters');

/** What is no map may be the text of a secret: no error quotes it. */
const secret = z.preprocess(
  (value) => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}),
  z
    .strictObject({
      file: path('the file that has its text; a line break at its end is left out').optional(),
      env: text('the variable of the server that has its text').optional(),
      workflows: z
        .array(z.string().min(1))
        .min(1, 'name one at least')
        .meta({ description: 'the workflows of the folder --workflows that may use it' }),
    })
    .refine(({ file, env }) => (file === undefined) !== (env === undefined), 'give it one of file, env'),
);

const secrets = z.record(secretName, secret).meta({
  description: 'texts that workflows of the folder --workflows may use, and that are stored and shown nowhere',
});

const standingLine = z.string().min(1).meta({
  description: "a command that lasts, as it would be typed: '@edge check --every 30s https://example.org/'",
});

/** Commands that the server keeps running, by the names of their lines. */
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
          .meta({ description: 'lists by their names: one line for each value, which do has by the name of its list' }),
      }),
    ]),
  )
  .meta({ description: 'commands that the server keeps running on each client of their targets' });

/** The file of `--config`. Keys are the names of options in camelCase. */
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

/** The options whose values are paths. */
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
