import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type JobStore, openSqliteStore } from '../../src/index.ts';
import { openPostgresStore } from '../../src/plugins/postgres/postgres-store.ts';
import { MailBox, password } from '../notify/support/mail-box.ts';
import { Receiver, secret } from '../notify/support/receiver.ts';
import { freeEndpoint } from '../support/free-port.ts';
import { startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { PostgresCluster } from '../support/postgres-cluster.ts';
import { Program } from '../support/program.ts';
import { failing } from './failing-plugin.ts';

const plugin = fileURLToPath(new URL('failing-plugin.ts', import.meta.url));
const [clients, pageScript] = [
  10,
  'body=$(cat); [ -n "$body" ] && printf "%s %s\\n" "$SIGNALBOX_NOTIFY_ID" "$body" >> paged; true',
];

/** A message as one of the channels received it. */
export interface Told {
  readonly id: string;
  readonly count: number;
  /** The parts of it that must not differ when it is repeated. */
  readonly content: string;
}

/** Servers of one store, one after the other; clients whose jobs all fail; and three channels. */
export class NotifyScene implements AsyncDisposable {
  readonly receiver: Receiver;
  readonly box: MailBox;
  private readonly folder = newFolder();
  private readonly endpoint: string;
  /** In the format of `--store`. */
  private store: string;
  private readonly stack = new AsyncDisposableStack();

  private constructor(endpoint: string, receiver: Receiver, box: MailBox) {
    this.endpoint = endpoint;
    this.store = `sqlite:${join(this.folder, 'store.db')}`;
    this.receiver = this.stack.use(receiver);
    this.box = this.stack.use(box);
  }

  static async open(kind: 'sqlite' | 'postgres' = 'sqlite'): Promise<NotifyScene> {
    const scene = new NotifyScene(await freeEndpoint(), await Receiver.open(), await MailBox.open());
    if (kind === 'postgres') scene.store = scene.stack.use(await PostgresCluster.start()).place();
    const { folder, receiver, box, endpoint } = scene;
    const files = { secret, password, 'ca.pem': box.ca };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    const mail = `host: 127.0.0.1, port: ${box.port}, ca: ca.pem, passwordFile: password`;
    writeFileSync(
      join(folder, 'signalbox.yaml'),
      `channels:
  hook: { webhook: { url: ${receiver.url}, secretFile: secret } }
  box: { mail: { ${mail}, from: box@example.org, to: [ops@example.org] } }
  page: { command: { run: [sh, -c, ${JSON.stringify(pageScript)}] } }
notify:
  - { on: [job.settled], outcome: [failed, lost], to: [hook, box, page], groupBy: [command], groupWait: 100ms, groupInterval: 2s }
`,
    );
    for (let at = 1; at <= clients; at += 1) {
      scene.stack.use(await startClient({ endpoint }, { name: `w${at}`, commands: failing }));
    }
    return scene;
  }

  start(): Program {
    const { folder, endpoint } = this;
    const place = ['--bind', endpoint, '--config', join(folder, 'signalbox.yaml')];
    const store = ['--store', this.store, '--plugin', plugin];
    return new Program('server', ...place, ...store, '--output', 'json', '--keep-going');
  }

  /** Lines that each make ten jobs that fail. */
  lines(count: number): string[] {
    return Array.from({ length: count }, (_, at) => `@all fail-${(at % failing.length) + 1}`);
  }

  /** The number of jobs that failed or were lost, according to the log of the store, by command. */
  async truth(): Promise<ReadonlyMap<string, number>> {
    await using store = await this.read();
    const counts = new Map<string, number>();
    for (let from = 1; ; ) {
      const { events } = await store.events(from, 10_000);
      for (const event of events) {
        if (event.type !== 'job.settled' || !['failed', 'lost'].includes(event.outcome)) continue;
        counts.set(event.command, (counts.get(event.command) ?? 0) + 1);
      }
      const last = events.at(-1);
      if (!last) return counts;
      from = last.seq + 1;
    }
  }

  private async read(): Promise<JobStore> {
    const { store } = this;
    return store.startsWith('postgres:')
      ? await openPostgresStore(store, { readOnly: true })
      : await openSqliteStore({ path: store.replace('sqlite:', '') });
  }

  /** All messages of each channel, repeated ones included. */
  get told(): Readonly<Record<string, readonly Told[]>> {
    const paged = join(this.folder, 'paged');
    const lines = existsSync(paged) ? readFileSync(paged, 'utf8').split('\n').filter(Boolean) : [];
    return {
      hook: this.receiver.received.map(({ headers, body }) => toldOf(String(headers['webhook-id']), body)),
      page: lines.map((line) => toldOf(line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1))),
      box: this.box.received.map(({ headers, text }) => ({
        id: headers.get('x-signalbox-id') ?? '',
        count: Number(headers.get('x-signalbox-count')),
        content: JSON.stringify([...headers, text]),
      })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}

const toldOf = (id: string, body: string): Told => ({ id, count: JSON.parse(body).data.count, content: body });
