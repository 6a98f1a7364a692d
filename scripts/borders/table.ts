/**
 * The borders of the source: what each folder owns and what it may import. `npm run check` enforces them, and CONTRIBUTING.md shows them.
 * A row for a single file in `src/` covers this file; `src/*.ts` covers all other files there.
 */
export interface Row {
  /** A folder of `src/`, another folder at the top or one in it, a file of `src/`, or `src/*.ts`. */
  readonly place: string;
  readonly owns: string;
  /** Places of this table, `ground`, or single files. Everything in a place may import everything in it. */
  readonly imports: readonly string[];
  /** Files from which only types may be imported. */
  readonly types?: readonly string[];
  readonly packages: readonly string[];
  /** `false`: it imports no Node module. */
  readonly node?: false;
  /** The files that may load modules by computed names. */
  readonly loaders?: readonly string[];
}

/** The places that `ground` means in a row. All folders except the pure ones import it. */
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
    owns: 'the contract of the API: protobuf, and the code generated from it',
    imports: [],
    packages: ['@bufbuild/protobuf'],
    node: false,
  },
  {
    place: 'src/process',
    owns: 'a separate library: starts a process, keeps its output for any reader, ends its whole tree',
    imports: [],
    packages: [],
  },
  {
    place: 'src/*.ts',
    owns: 'the ground: small modules that several folders share, such as the clock, exit codes, kept output',
    imports: ['schemas', 'src/process'],
    packages: [],
    loaders: ['src/load-modules.ts'],
  },
  {
    place: 'src/yaml',
    owns: 'YAML texts: values, positions and errors',
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
    owns: 'self-made certificates: an authority, and what it signs',
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
    owns: 'the stores of a server: JobStore, Collection; memory, SQLite',
    imports: ['ground', 'src/jobs'],
    packages: ['msgpackr', 'zod'],
  },
  {
    place: 'src/plugin',
    owns: 'the one interface for everything above: JobService, events, observers, interceptors, plug-ins',
    imports: ['schemas', 'src/*.ts', 'src/jobs'],
    types: ['src/store/collection.ts', 'src/store/job-store.ts', 'src/store/stored-job.ts'],
    packages: ['zod'],
  },
  {
    place: 'src/operators',
    owns: 'authorisation: operators, their roles and tokens, and the one interceptor that enforces them',
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
    owns: 'the environment of this process: streams, signals, its end',
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
    owns: 'workflows: loading, planning from definition, state and time alone, and execution over JobService',
    imports: ['ground', 'src/plugin', 'src/shell', 'src/yaml', 'src/store/memory/memory-collection.ts'],
    types: ['src/store/collection.ts', 'src/jobs/events.ts', 'src/jobs/secret-use.ts'],
    packages: ['croner', 'zod'],
  },
  {
    place: 'src/standing',
    owns: 'standing lines: jobs that a server keeps running on its clients',
    imports: ['ground', 'src/plugin', 'src/shell', 'src/workflow/task-line.ts', 'src/workflow/template.ts'],
    types: ['src/store/collection.ts'],
    packages: ['zod'],
  },
  {
    place: 'src/notify',
    owns: 'notifications: rules over the log of events, messages, and the channels that deliver them',
    imports: ['ground', 'src/plugin', 'src/operators/client-matcher.ts', 'src/shell/parse/duration.ts'],
    types: ['src/jobs/events.ts', 'src/store/collection.ts', 'src/store/job-store.ts'],
    packages: ['nodemailer', 'prom-client', 'zod'],
  },
  {
    place: 'src/messages',
    owns: 'conversion between the JobService and messages of the API',
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
    owns: 'the entry point of the library',
    imports: ['ground', 'src/client', 'src/server', 'src/jobs', 'src/store', 'src/plugin'],
    packages: [],
  },
  {
    place: 'src/plugins/postgres',
    owns: 'the store in PostgreSQL: a plug-in on the public interface',
    imports: ['src/index.ts'],
    packages: ['pg', 'msgpackr'],
  },
  {
    place: 'src/plugins/container',
    owns: 'containers as jobs: a plug-in on the public interface',
    imports: ['src/index.ts'],
    packages: ['dockerode', 'zod'],
  },
  {
    place: 'src/plugins/presence',
    owns: 'the count of online users over gRPC: a plug-in on the public interface',
    imports: ['src/index.ts', 'src/plugins/postgres', 'schemas/api'],
    packages: ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-node', 'prom-client'],
  },
  {
    place: 'src/plugins/check',
    owns: 'checks of websites: a plug-in on the public interface',
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
    owns: 'the file that npm starts: checks the version of Node, then loads the program',
    imports: ['src/main.ts'],
    packages: [],
  },
];

/** Everything that a place may import, as text. */
export function rights({ imports, types = [], packages, node }: Row): string {
  const ofTypes = types.map((file) => `types of ${file}`);
  return [...imports, ...ofTypes, ...packages, ...(node === false ? [] : ['Node'])].join(', ');
}
