// A reporter of vitest: its last line says which programs are missing, if tests were skipped.
import { spawnSync } from 'node:child_process';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { noKafka } from '../test/support/kafka-broker.ts';
import { noPostgres } from '../test/support/postgres-cluster.ts';

/** Whether one of these commands ends with 0. */
const runs = (...commands: (readonly [string, ...string[]])[]): boolean =>
  commands.some(([file, ...args]) => spawnSync(file, args, { stdio: 'ignore', input: '' }).status === 0);
/** Debian's packages belong to Debian's Python, which is not always the first. */
const hasPython = (...modules: string[]): boolean =>
  runs(...['python3', '/usr/bin/python3'].map((file) => [file, '-c', `import ${modules}`] as const));

/** What tests use that npm does not install. */
const isThere: Readonly<Record<string, () => boolean>> = {
  curl: () => runs(['curl', '--version']),
  fish: () => runs(['fish', '--version']),
  haproxy: () => runs(['haproxy', '-v'], ['/usr/sbin/haproxy', '-v']),
  jq: () => runs(['jq', '--version']),
  mandoc: () => runs(['sh', '-c', 'command -v mandoc']),
  nginx: () => runs(['nginx', '-v'], ['/usr/sbin/nginx', '-v']),
  openssl: () => runs(['openssl', 'version']),
  PostgreSQL: () => noPostgres === undefined,
  protoc: () => runs(['protoc', '--version']),
  python3: () => hasPython('ssl'),
  'python3 with grpc and protobuf': () => hasPython('grpc', 'google.protobuf'),
  'python3 with prometheus_client': () => hasPython('prometheus_client'),
  'python3 with zmq and msgpack': () => hasPython('zmq', 'msgpack'),
  'systemd-analyze': () => runs(['systemd-analyze', '--version']),
  tmux: () => runs(['tmux', '-V']),
  zsh: () => runs(['zsh', '--version']),
};

export default class SkippedReporter implements Reporter {
  private isPart = false;

  onInit({ config }: Vitest): void {
    this.isPart = config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap(({ children }) => [...children.allTests('skipped')]);
    if (tests.length === 0 || this.isPart) return;
    const missing = Object.entries(isThere).flatMap(([name, check]) => (check() ? [] : [name]));
    if (noKafka !== undefined) missing.push(`Kafka (${noKafka})`);
    process.stdout.write(
      `${tests.length} tests were skipped. Not installed here: ${missing.join(', ') || 'nothing'}\n\n`,
    );
  }
}
