/**
 * The borders of the source: what each folder owns and what it may import. `npm run check` holds them, and CONTRIBUTING.md shows them.
 * A row of a single file in `src/` stands for this file; `src/*.ts` stands for all other files there.
 */
export interface Row {
  /** A folder of `src/`, another folder at the top or one in it, a file of `src/`, or `src/*.ts`. */
  readonly place: string;
  readonly owns: string;
  /** Places of this table, `ground`, or single files. Everything in a place may import everything in it. */
  readonly imports: readonly string[];
  /** Files of which types may be imported, and nothing else. */
  readonly types?: readonly string[];
  readonly packages: readonly string[];
  /** `false`: it imports no module of Node. */
  readonly node?: false;
  /** The files that may load modules by computed names. */
  readonly loaders?: readonly string[];
}

/** What `ground` stands for in a row: all but the pure folders stand on it. */
export const ground = ['schemas', 'src/process', 'src/*.ts'];

export const table: readonly Row[] = [
  {
    place: 'schemas',
    owns: 'the contract of the wire: messages, limits, error codes, command contracts',
    imports: [],
    packages: ['zod'],
    node: false,
  },
  {
    place: 'schemas/api',
    owns: 'the contract of the API: protobuf, and the code that is made from it',
    imports: [],
    packages: ['@bufbuild/protobuf'],
    node: false,
  },
  {
    place: 'src/process',
    owns: 'a library of its own: starts a process, keeps its output for any reader, ends its whole tree',
    imports: [],
    packages: [],
  },
  {
    place: 'src/*.ts',
    owns: 'the ground: small pieces that several folders share, such as the clock, exit codes, kept output',
    imports: ['schemas', 'src/process'],
    packages: [],
    loaders: ['src/load-modules.ts'],
  },
  {
    place: 'src/yaml',
    owns: 'a YAML text: its value, where each part of it is, and what is wrong with it',
    imports: ['ground'],
    packages: ['yaml', 'zod'],
  },
  {
    place: 'src/wire',
    owns: 'bytes to messages and back, sockets, encryption',
    imports: ['ground'],
    packages: ['msgpackr', 'zeromq', 'zod'],
  },
  {
    place: 'src/keys',
    owns: 'the key folder: key pairs, credentials, the allow-list',
    imports: ['ground', 'src/wire'],
    packages: ['zod'],
  },
  {
    place: 'src/tls',
    owns: 'certificates to begin with: an authority, and what it signs',
    imports: ['ground'],
    packages: ['@peculiar/x509', 'reflect-metadata'],
  },
  {
    place: 'src/jobs',
    owns: 'the job table and its records, send queue, reconciliation, events: pure, without clock or socket',
    imports: [
      'schemas',
      'src/kept-output.ts',
      'src/place-name.ts',
      'src/queue.ts',
      'src/size-of-value.ts',
      'src/stream-credit.ts',
    ],
    packages: [],
    node: false,
  },
  {
    place: 'src/store',
    owns: 'where a server keeps its jobs: JobStore, Collection; memory, SQLite',
    imports: ['ground', 'src/jobs'],
    packages: ['msgpackr', 'zod'],
  },
  {
    place: 'src/plugin',
    owns: 'the one seam: JobService, events, observers, interceptors, plug-ins',
    imports: ['schemas', 'src/*.ts', 'src/jobs'],
    types: ['src/store/collection.ts', 'src/store/job-store.ts', 'src/store/stored-job.ts'],
    packages: ['zod'],
  },
  {
    place: 'src/operators',
    owns: 'who may see and do what: operators, their roles and tokens, and the one interceptor that holds them',
    imports: ['ground', 'src/plugin', 'src/jobs/events.ts'],
    types: ['src/store/collection.ts', 'src/jobs/received-records.ts', 'src/kept-output.ts'],
    packages: ['zod'],
  },
  {
    place: 'src/client',
    owns: 'the state machine, the jobs, one session per connection, the commands',
    imports: ['ground', 'src/wire', 'src/keys', 'src/plugin'],
    packages: ['xstate', 'zod'],
  },
  {
    place: 'src/server',
    owns: 'the in-process JobService: clients, sessions, admission',
    imports: ['ground', 'src/wire', 'src/keys', 'src/jobs', 'src/store', 'src/plugin'],
    packages: ['zod'],
  },
  {
    place: 'src/host',
    owns: 'what this process is given: streams, signals, its end',
    imports: ['ground'],
    packages: [],
  },
  {
    place: 'src/observe',
    owns: 'log, metrics, traces and audit: observers like any other',
    imports: ['ground', 'src/plugin', 'src/host'],
    types: ['src/api/https/news.ts', 'src/client/api.ts', 'src/client/jobs.ts'],
    packages: [
      'pino',
      'prom-client',
      '@opentelemetry/api',
      '@opentelemetry/exporter-trace-otlp-http',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-trace-base',
    ],
  },
  {
    place: 'src/shell',
    owns: 'one parser and one executor for the prompt, `-c` and scripts; text and JSON; the prompt',
    imports: ['ground', 'src/plugin', 'src/host'],
    packages: ['@inquirer/core', '@inquirer/prompts', 'fast-string-truncated-width', 'zod'],
  },
  {
    place: 'src/workflow',
    owns: 'workflows: loaded, planned by definition, state and time alone, and carried out over JobService',
    imports: ['ground', 'src/plugin', 'src/shell', 'src/yaml', 'src/store/memory/memory-collection.ts'],
    types: ['src/store/collection.ts', 'src/jobs/events.ts', 'src/jobs/secret-use.ts'],
    packages: ['croner', 'zod'],
  },
  {
    place: 'src/standing',
    owns: 'standing lines: what a server keeps running on its clients',
    imports: ['ground', 'src/plugin', 'src/shell', 'src/workflow/task-line.ts', 'src/workflow/template.ts'],
    types: ['src/store/collection.ts'],
    packages: ['zod'],
  },
  {
    place: 'src/notify',
    owns: 'being told: rules over the log of events, messages, and the channels that deliver them',
    imports: ['ground', 'src/plugin', 'src/operators/client-matcher.ts', 'src/shell/parse/duration.ts'],
    types: ['src/jobs/events.ts', 'src/store/collection.ts', 'src/store/job-store.ts'],
    packages: ['nodemailer', 'prom-client', 'zod'],
  },
  {
    place: 'src/messages',
    owns: 'what the JobService takes and tells as messages of the API, and back',
    imports: ['schemas', 'src/plugin', 'src/jobs', 'src/kept-output.ts', 'src/place-name.ts', 'schemas/api'],
    packages: ['@bufbuild/protobuf', 'zod'],
  },
  {
    place: 'src/api',
    owns: 'the JobService over Connect and gRPC: sockets, https, services, messages',
    imports: [
      'ground',
      'src/plugin',
      'src/messages',
      'schemas/api',
      'src/wire/ipc-in-use.ts',
      'src/wire/ipc-lock.ts',
      'src/wire/ipc-path.ts',
    ],
    packages: ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-node', 'zod'],
  },
  {
    place: 'src/remote',
    owns: 'the JobService of a server in another process, over its socket',
    imports: ['ground', 'src/plugin', 'src/jobs', 'src/messages', 'schemas/api'],
    packages: ['@bufbuild/protobuf', 'zod'],
    loaders: ['src/remote/remote-contract.ts'],
  },
  {
    place: 'src/index.ts',
    owns: 'the front door of the library',
    imports: ['ground', 'src/client', 'src/server', 'src/jobs', 'src/store', 'src/plugin'],
    packages: [],
  },
  {
    place: 'src/plugins/postgres',
    owns: 'the store in PostgreSQL: a plug-in, as a stranger would write it',
    imports: ['src/index.ts'],
    packages: ['pg', 'msgpackr'],
  },
  {
    place: 'src/plugins/container',
    owns: 'containers as jobs: a plug-in, as a stranger would write it',
    imports: ['src/index.ts'],
    packages: ['dockerode', 'zod'],
  },
  {
    place: 'src/plugins/presence',
    owns: 'who is online, counted, over gRPC: a plug-in, as a stranger would write it',
    imports: ['src/index.ts', 'src/plugins/postgres', 'schemas/api'],
    packages: ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-node', 'prom-client'],
  },
  {
    place: 'src/plugins/check',
    owns: 'checks of websites: a plug-in, as a stranger would write it',
    imports: ['src/index.ts', 'src/plugins/postgres'],
    packages: ['re2js', '@platformatic/kafka', 'prom-client', 'zod'],
  },
  {
    place: 'src/program',
    owns: 'the subcommands of `signalbox`: options, processes, composition',
    imports: [
      'ground',
      'src/index.ts',
      'src/wire',
      'src/keys',
      'src/tls',
      'src/client',
      'src/server',
      'src/plugin',
      'src/host',
      'src/observe',
      'src/shell',
      'src/api',
      'src/remote',
      'src/plugins/postgres',
      'src/plugins/presence',
      'src/plugins/check',
      'src/operators',
      'src/workflow',
      'src/standing',
      'src/notify',
      'src/yaml',
    ],
    packages: ['commander', 'pino', 'zod'],
    loaders: ['src/program/plugins/load.ts'],
  },
  {
    place: 'src/main.ts',
    owns: 'the program `signalbox`',
    imports: ['ground', 'src/program', 'src/host', 'src/observe', 'src/shell'],
    packages: ['commander'],
  },
  {
    place: 'src/bin.ts',
    owns: 'what npm starts: looks at Node, then loads the program',
    imports: ['src/main.ts'],
    packages: [],
  },
];

/** All that a place may import, for people. */
export function rights({ imports, types = [], packages, node }: Row): string {
  const ofTypes = types.map((file) => `types of ${file}`);
  return [...imports, ...ofTypes, ...packages, ...(node === false ? [] : ['Node'])].join(', ');
}
