import type { Block } from './markdown.ts';

/** A block that no unit test can run: why, and which test notices when that is no longer true. */
interface Exception {
  readonly page: string;
  /** Its first line. */
  readonly begins: string;
  readonly reason: string;
  /** A file, and the part of it that does what the block says. */
  readonly instead: readonly [file: string, text: string];
}

export const exceptions: readonly Exception[] = [
  ...[
    ['README.md', 'npm ci && npm start'],
    ['README.md', 'npm ci && npm test'],
    ['docs/tutorials/first-fleet.md', 'npm ci'],
  ].map(([page = '', begins = '']) => ({
    page,
    begins,
    reason: 'it replaces the packages that this test stands on; npm start is a test of its own',
    instead: ['.ci/run', 'npm ci'] as const,
  })),
  {
    page: 'docs/commands.md',
    begins: '[@target] command [arguments] [--option value] [; …]      # comment',
    reason: 'a grammar',
    instead: ['test/shell/parse/parse.test.ts', 'parseLine'],
  },
  {
    page: 'docs/operating.md',
    begins: 'docker compose up --build                  # the tour against three clients; all has ended when it has',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/compose.shipped.ts', '9 terminate completed: now terminating'],
  },
  {
    page: 'docs/operating.md',
    begins: 'docker compose up -d --scale client=5 client',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/compose.shipped.ts', 'written.slice(2)'],
  },
  ...['README.md', 'docs/containers.md'].map((page) => ({
    page,
    begins: 'npx signalbox server --spawn 1 --plugin signalbox/container < examples/containers/shell-script.box',
    reason: 'it needs a Docker engine',
    instead: ['test/engine/examples.engine.ts', 'shell-script.box'] as const,
  })),
  ...['README.md', 'docs/checks.md'].map((page) => ({
    page,
    begins:
      "npx signalbox server --spawn 1 --plugin signalbox/check -c 'start; check --match Example https://example.org/'",
    reason: 'it needs the Internet',
    instead: ['test/e2e/check.test.ts', 'start; check --match Example'] as const,
  })),
  {
    page: 'docs/checks.md',
    begins:
      'check --every 30s --name shop --to kafka://kafka-1.example:9092,kafka-2.example:9092/checks --kafka-credentials kafka.json https://shop.example/',
    reason: 'it needs brokers',
    instead: ['test/plugins/check/kafka/producer.slow.ts', 'each result arrives once'],
  },
  {
    page: 'docs/checks.md',
    begins: '{',
    reason: 'a file with a password and certificates',
    instead: [
      'test/plugins/check/kafka/kafka-credentials.test.ts',
      'credentials are a user and password, or certificates',
    ],
  },
  {
    page: 'docs/checks.md',
    begins: 'start',
    reason: 'it needs the Internet',
    instead: ['test/plugins/check/check-job.test.ts', 'with --every each result is a record'],
  },
  ...['etl', 'chain'].map((name) => ({
    page: 'docs/workflows.md',
    begins: `name: ${name}`,
    reason: 'it needs a Docker engine',
    instead: ['test/engine/recipes.engine.ts', `runs('${name}'`] as const,
  })),
  ...[
    'mkdir -m 700 containers-box',
    "npx signalbox attach -c 'container --timeout 1m --memory 64M debian:12-slim echo hello'",
  ].map((begins) => ({
    page: 'docs/containers.md',
    begins,
    reason: 'it needs a Docker engine',
    instead: ['test/engine/services.engine.ts', 'wait web --until healthy --timeout 1m'] as const,
  })),
  {
    page: 'docs/containers.md',
    begins: 'start',
    reason: 'it needs a Docker engine',
    instead: ['test/engine/services.engine.ts', 'wait web --until healthy --timeout 1m'],
  },
  {
    page: 'docs/faults.md',
    begins: 'npm run chaos -- --seeds 20          # seeds 1 to 20',
    reason: 'it takes an hour',
    instead: ['test/faults/chaos/seeds.ts', 'seed'],
  },
  {
    page: 'docs/scripting.md',
    begins:
      '2 jobs were cancelled and have not ended yet: 1 calculate on w1, 2 run on w[1-2]; they continue on their clients',
    reason: 'it needs clients that stand still',
    instead: ['test/e2e/ctrl-c.slow.ts', 'names the unfinished jobs, with a command that ends them'],
  },
  {
    page: 'docs/operating.md',
    begins: 'docker build -f Dockerfile.server -t signalbox-server .',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/build-images.ts', "docker('build'"],
  },
  {
    page: 'docs/presence.md',
    begins: 'docker build -f Dockerfile.presence --target gateway -t signalbox-gateway .',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/build-images.ts', "target: 'gateway'"],
  },
  {
    page: 'docs/presence.md',
    begins:
      'docker compose -f examples/presence/compose.yml up --build    # count_1 prints the count when it changes; Ctrl-C ends all',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/presence.shipped.ts', 'examples/presence/compose.yml'],
  },
  {
    page: 'docs/checks.md',
    begins:
      'docker compose -f examples/checks/compose.yml up --build     # down_1 prints what is down, every 5 s; Ctrl-C ends all',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/checks.shipped.ts', 'examples/checks/compose.yml'],
  },
  ...[
    'npm install -g signalbox-0.2.0.tgz',
    '# /etc/systemd/system/signalbox-server.service',
    '# /etc/systemd/system/signalbox-client.service',
  ].map((begins) => ({
    page: 'docs/operating.md',
    begins,
    reason: 'it needs root and systemd',
    instead: ['test/docs/units.test.ts', "'verify'"] as const,
  })),
  {
    page: 'docs/operating.md',
    begins: 'docker compose -p box -f compose.service.yml up -d --build',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/service.shipped.ts', 'const [up ='],
  },
  {
    page: 'docs/operating.md',
    begins: `alias box-keys='docker compose run --rm --user node --entrypoint "signalbox keys" keys'`,
    reason: 'it needs a Docker engine; its keys are made in test/shipped/compose.shipped.ts',
    instead: ['test/e2e/keys.slow.ts', "keys('revoke'"],
  },
  {
    page: 'docs/operating.md',
    begins: 'docker exec CONTAINER signalbox health   # w1 is ready, connected to tcp://server:5555',
    reason: 'it needs a Docker engine',
    instead: ['test/shipped/images.shipped.ts', '.State.Health.Status'],
  },
  {
    page: 'docs/operating.md',
    begins: 'upstream signalbox { server 127.0.0.1:8443; keepalive 16; }',
    reason: 'it is for nginx, which a test of its own starts',
    instead: ['test/api/https/behind-nginx.test.ts', "blocksOf('docs/operating.md')"],
  },
  {
    page: 'docs/operating.md',
    begins: '# prometheus.yml',
    reason: 'it is for a Prometheus; what it scrapes is read by the parser of one',
    instead: ['test/e2e/metrics.slow.ts', 'every name, type and label'],
  },
  {
    page: 'docs/operating.md',
    begins: '# Three alerts to begin with.',
    reason: 'they are for a Prometheus; the metrics that they name are in the table',
    instead: ['test/e2e/metrics.slow.ts', 'every name, type and label'],
  },
  {
    page: 'docs/operating.md',
    begins:
      '{"level":"info","ts":1795266487689,"program":"server","pid":14123,"client":"w1","bootId":"mk0k1l1k6s54","host":"box","clientPid":14137,"msg":"client joined"}',
    reason: 'a log, in part',
    instead: ['test/e2e/log.slow.ts', "about(log, 'client joined')"],
  },
  {
    page: 'docs/sqlite.md',
    begins: "import { test } from 'node:test';",
    reason: 'it tests a store that the reader has written',
    instead: ['test/store/other-runner.test.ts', 'for (const { title, needsDurable, run } of storeCases)'],
  },
  {
    page: 'docs/operating.md',
    begins: '/var/log/signalbox/*.log {',
    reason: 'it is for logrotate',
    instead: ['test/e2e/log.slow.ts', 'also after it was copied and truncated'],
  },
  {
    page: 'docs/scripting.md',
    begins:
      '15 3 * * *  cd /srv/signalbox && flock -n night.lock npx signalbox server --keys keys --bind tcp://0.0.0.0:5555 --wait-clients 3 --timeout 2h --output json < night.box > night.jsonl 2> night.err || mail -s "night: $?" you < night.jsonl',
    reason: 'a line for cron, at three in the morning',
    instead: ['test/docs/options.test.ts', 'crontab'],
  },
  {
    page: 'docs/how-to/cron.md',
    begins: 'PATH=/usr/local/bin:/usr/bin:/bin',
    reason: 'lines for cron, at three in the morning',
    instead: ['test/docs/timer.test.ts', 'the crontab'],
  },
  {
    page: 'docs/tutorials/a-plugin.md',
    begins: 'npm init -y',
    reason: 'it installs the package, with all that it needs',
    instead: ['test/shipped/package.shipped.ts', 'npm install ./'],
  },
  ...['service', 'timer'].map((kind) => ({
    page: 'docs/how-to/cron.md',
    begins: `# /etc/systemd/system/night.${kind}`,
    reason: 'it needs root and systemd',
    instead: ['test/docs/timer.test.ts', "'verify'"] as const,
  })),
];

export const exceptionFor = (block: Block): Exception | undefined =>
  exceptions.find(({ page, begins }) => page === block.page && begins === block.begins);
