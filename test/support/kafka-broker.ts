import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { canConnect } from './can-connect.ts';
import { freePort } from './free-port.ts';

/** The folder of Kafka's jars: `libs` of its distribution. */
const jars = process.env.SIGNALBOX_TEST_KAFKA;

/** Why tests of Kafka are skipped here; undefined if Kafka is available. */
export const noKafka = reasonWithout();

function reasonWithout(): string | undefined {
  if (jars === undefined || jars === '') return 'SIGNALBOX_TEST_KAFKA names no folder of jars of Kafka';
  if (!existsSync(jars)) return `there is no ${jars}, which SIGNALBOX_TEST_KAFKA names`;
  for (const program of ['java', 'openssl']) {
    try {
      execFileSync('which', [program], { stdio: 'ignore' });
    } catch {
      return `${program} is not installed`;
    }
  }
  return undefined;
}

export interface BrokerOptions {
  /** Lines of its configuration. */
  readonly settings?: readonly string[];
  /** Only clients of the plaintext port may do everything; others need ACLs. Default: everyone may. */
  readonly hasAccessControl?: boolean;
  /** An address of this machine for the plaintext listener, which the broker also advertises. Default: loopback. */
  readonly host?: string;
}

/**
 * A broker in a scratch folder. It has a user `check` with the password `secret`, and creates topics with three
 * partitions.
 */
export class KafkaBroker implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'signalbox-kafka-'));
  /**
   * Ports of its listeners: plaintext, SCRAM-SHA-256, TLS that requires a client certificate; and the one of the
   * cluster itself.
   */
  readonly ports: { readonly clear: number; readonly scram: number; readonly tls: number; readonly controller: number };
  private readonly host: string;
  private process: ChildProcess | undefined;

  private constructor(ports: KafkaBroker['ports'], host: string) {
    this.ports = ports;
    this.host = host;
  }

  static async start(options: BrokerOptions = {}): Promise<KafkaBroker> {
    const [clear, scram, tls, controller] = [await freePort(), await freePort(), await freePort(), await freePort()];
    const broker = new KafkaBroker({ clear, scram, tls, controller }, options.host ?? '127.0.0.1');
    broker.makeCertificates();
    writeFileSync(join(broker.folder, 'server.properties'), broker.settings(options).join('\n'));
    const log = ['appenderRef.out.ref = out', 'level = warn'].map((line) => `rootLogger.${line}`);
    const out = ['type = Console', 'name = out', 'layout.type = PatternLayout', 'layout.pattern = %d %p %c{1} %m%n'];
    writeFileSync(
      join(broker.folder, 'log4j2.properties'),
      [...log, ...out.map((line) => `appender.out.${line}`)].join('\n'),
    );
    const user = 'SCRAM-SHA-256=[name=check,password=secret]';
    const format = ['kafka.tools.StorageTool', 'format', '-t', 'signalbox-test-cluster', '--add-scram', user];
    execFileSync('java', [...broker.java, ...format, '-c', join(broker.folder, 'server.properties')], {
      stdio: 'pipe',
    });
    await broker.up();
    return broker;
  }

  /** Of the plaintext listener. */
  get address(): string {
    return `${this.host}:${this.ports.clear}`;
  }

  /** While it runs. */
  get pid(): number {
    return this.process?.pid ?? Number.NaN;
  }

  /** A file of its folder `tls`: `ca.pem`, `client.pem`, `client.key`. */
  tlsFile(name: string): string {
    return readFileSync(join(this.folder, 'tls', name), 'utf8');
  }

  private get java(): readonly string[] {
    const flags = ['-Xmx320m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    return [...flags, `-Dlog4j2.configurationFile=${join(this.folder, 'log4j2.properties')}`, '-cp', `${jars}/*`];
  }

  private settings({ settings = [], hasAccessControl = false }: BrokerOptions): readonly string[] {
    const { scram, tls, controller } = this.ports;
    const at = (port: number) => `://127.0.0.1:${port}`;
    const listeners = [
      `PLAINTEXT://${this.address}`,
      `SASL_PLAINTEXT${at(scram)}`,
      `SSL${at(tls)}`,
      `CONTROLLER${at(controller)}`,
    ];
    const protocols = ['PLAINTEXT:PLAINTEXT', 'SASL_PLAINTEXT:SASL_PLAINTEXT', 'SSL:SSL', 'CONTROLLER:PLAINTEXT'];
    const login = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
    return [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      'controller.listener.names=CONTROLLER',
      `listeners=${listeners.join(',')}`,
      `listener.security.protocol.map=${protocols.join(',')}`,
      'inter.broker.listener.name=PLAINTEXT',
      'sasl.enabled.mechanisms=SCRAM-SHA-256',
      `listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=${login}`,
      ...['keystore', 'truststore'].map((store) => `ssl.${store}.type=PEM`),
      `ssl.keystore.location=${join(this.folder, 'tls/server.both')}`,
      `ssl.truststore.location=${join(this.folder, 'tls/ca.pem')}`,
      'ssl.client.auth=required',
      `log.dirs=${join(this.folder, 'data')}`,
      'num.partitions=3',
      'auto.create.topics.enable=true',
      ...['offsets.topic', 'transaction.state.log'].flatMap((name) => [
        `${name}.replication.factor=1`,
        `${name}.num.partitions=3`,
      ]),
      'transaction.state.log.min.isr=1',
      'share.coordinator.state.topic.replication.factor=1',
      'share.coordinator.state.topic.min.isr=1',
      'group.initial.rebalance.delay.ms=0',
      ...(hasAccessControl
        ? [
            'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
            'super.users=User:ANONYMOUS',
          ]
        : []),
      ...settings,
    ];
  }

  private makeCertificates(): void {
    const cwd = join(this.folder, 'tls');
    mkdirSync(cwd);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd, stdio: 'pipe' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const authority = ['-days', '30', '-subj', '/CN=authority', '-keyout', 'ca.key', '-out', 'ca.pem'];
    openssl('req', '-x509', ...key, ...authority);
    writeFileSync(join(cwd, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    for (const name of ['server', 'client']) {
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'names'];
      openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...by);
    }
    writeFileSync(
      join(cwd, 'server.both'),
      this.tlsFile('server.key') + this.tlsFile('server.pem') + this.tlsFile('ca.pem'),
    );
  }

  /** Starts it, again after `down`, on the same data. */
  async up(): Promise<void> {
    const log = openSync(join(this.folder, 'broker.log'), 'a');
    const args = [...this.java, 'kafka.Kafka', join(this.folder, 'server.properties')];
    const started = spawn('java', args, { stdio: ['ignore', log, log] });
    this.process = started;
    for (let tries = 0; tries < 600 && started.exitCode === null; tries += 1) {
      if (await canConnect({ port: this.ports.clear, host: this.host })) return;
      await setTimeout(100);
    }
    throw new Error(`Kafka did not start: ${readFileSync(join(this.folder, 'broker.log'), 'utf8').slice(-2_000)}`);
  }

  /** SIGTERM: it hands over and ends. SIGKILL: the data stay. */
  async down(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { process: started } = this;
    this.process = undefined;
    if (!started) return;
    const ended = once(started, 'exit');
    started.kill(signal);
    await ended;
  }

  /** SIGSTOP: its connections stay, and it answers nothing. */
  freeze(): void {
    this.process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.process?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
