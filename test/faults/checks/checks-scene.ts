import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { KafkaBroker } from '../../support/kafka-broker.ts';
import { makeTopic } from '../../support/kafka-topic.ts';
import { newFolder } from '../../support/new-folder.ts';
import { PostgresCluster } from '../../support/postgres-cluster.ts';
import { KilledProcess } from './killed-process.ts';
import { sites, WatchedSites } from './watched-sites.ts';

export const clientNames = ['w1', 'w2'];
/** A separate topic for results that are alternately too large for it. */
export const topics = { checks: 'checks', narrow: 'narrow' };
const narrowBytes = 2_000;
/** A killed broker may restart after this time, instead of 9 s. */
const brokerSettings = ['broker.session.timeout.ms=2000', 'broker.heartbeat.interval.ms=500'];

/**
 * 50 sites each second, checked by two clients, with a broker, two writers and a database, all of them real processes.
 */
export class ChecksScene implements AsyncDisposable {
  readonly broker: KafkaBroker;
  readonly cluster: PostgresCluster;
  readonly watched: WatchedSites;
  readonly bind: string;
  readonly store: string;
  readonly server: KilledProcess;
  readonly clients: readonly KilledProcess[];
  readonly writers: KilledProcess[] = [];
  private readonly stack: AsyncDisposableStack;

  private constructor(parts: Pick<ChecksScene, 'broker' | 'cluster' | 'watched'>, stack: AsyncDisposableStack) {
    ({ broker: this.broker, cluster: this.cluster, watched: this.watched } = parts);
    this.stack = stack;
    const folder = newFolder();
    [this.bind, this.store] = [`ipc://${join(folder, 's')}`, join(folder, 'store.db')];
    const config = join(folder, 'config.yaml');
    writeFileSync(config, this.configuration());
    const common = ['--plugin', 'signalbox/check'];
    const at = ['--bind', this.bind, '--store', `sqlite:${this.store}`, '--config', config];
    this.server = stack.use(new KilledProcess('server', 'server', '--headless', ...at));
    this.clients = clientNames.map((name) => {
      const what = ['--name', name, '--ready', '--quiet', '--check-private', '--check-brokers', this.broker.address];
      return stack.use(new KilledProcess(name, 'client', '--connect', this.bind, ...common, ...what));
    });
  }

  static async open(): Promise<ChecksScene> {
    await using cleanup = new AsyncDisposableStack();
    const broker = cleanup.use(await KafkaBroker.start({ settings: brokerSettings }));
    await makeTopic(broker.address, topics.checks);
    await makeTopic(broker.address, topics.narrow, { 'max.message.bytes': String(narrowBytes) });
    const cluster = cleanup.use(await PostgresCluster.start());
    const watched = cleanup.use(await WatchedSites.open());
    const scene = new ChecksScene({ broker, cluster, watched }, cleanup.move());
    scene.startWriter(topics.checks);
    scene.startWriter(topics.checks);
    await Promise.all(clientNames.map((name) => watched.untilAllCheckedBy(name)));
    return scene;
  }

  get place(): string {
    return this.cluster.address('schema=signalbox');
  }

  startWriter(topic: string): void {
    const from = `kafka://${this.broker.address}/${topic}`;
    const args = ['check', 'writer', '--from', from, '--to', this.place, '--group', topic];
    this.writers.push(this.stack.use(new KilledProcess(`writer ${this.writers.length + 1}`, ...args)));
  }

  private configuration(): string {
    const check = (topic: string) => `check --every 1s --to kafka://${this.broker.address}/${topic}`;
    const { origin } = this.watched;
    const lines = clientNames.flatMap((client) => [
      `  ${client}:`,
      `    do: "@${client} ${check(topics.checks)} --name \${site} ${origin}/?site=\${site}&by=${client}"`,
      `    for: { site: [${sites.join(', ')}] }`,
    ]);
    const wide = `  wide: "${check(topics.narrow)} --name wide ${origin}/wide"`;
    return `plugins:\n  signalbox/check:\nstanding:\n${[...lines, wide].join('\n')}\n`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stack.disposeAsync();
  }
}
