import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Changes } from '../../support/changes.ts';
import type { Engine, Labelled } from './engine.ts';

interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/**
 * Records the objects with a label that are created on an engine from now on, by the engine's events. Containers are
 * known by their label, and volumes also by the containers that mounted them, because anonymous ones have no label.
 */
export class Witness implements AsyncDisposable {
  readonly containers = new Set<string>();
  private readonly volumes = new Set<string>();
  private readonly engine: Engine;
  private readonly label: string;
  private readonly events: ChildProcess;
  private readonly closed: Promise<unknown>;
  private readonly changes = new Changes();
  private readonly seen = new Set<string>();

  private constructor(engine: Engine, label: string, events: ChildProcess) {
    this.engine = engine;
    this.label = label;
    this.events = events;
    this.closed = once(events, 'close');
    if (!events.stdout) throw new Error('the events have no pipe');
    createInterface({ input: events.stdout }).on('line', (line) => this.take(JSON.parse(line)));
  }

  /** @param label `NAME` or `NAME=VALUE` */
  static async start(engine: Engine, label: string): Promise<Witness> {
    const types = ['container', 'volume'].flatMap((type) => ['--filter', `type=${type}`]);
    const events = spawn('docker', ['events', '--format', '{{json .}}', ...types], {
      env: { ...process.env, ...engine.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const witness = new Witness(engine, label, events);
    await witness.upToDate();
    return witness;
  }

  /** All recorded or labelled objects that still exist. */
  async remains(): Promise<Labelled> {
    await this.upToDate();
    const [labelled, containers, volumes] = await Promise.all([
      this.engine.labelled(this.label),
      this.engine.lines('ps', '--all', '--quiet', '--no-trunc'),
      this.engine.lines('volume', 'ls', '--quiet'),
    ]);
    const left = (all: readonly string[], seen: ReadonlySet<string>, known: readonly string[]) =>
      all.filter((one) => seen.has(one) || known.includes(one));
    return {
      containers: left(containers, this.containers, labelled.containers),
      volumes: left(volumes, this.volumes, labelled.volumes),
      networks: labelled.networks,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.events.kill('SIGKILL');
    await this.closed;
  }

  /**
   * Events arrive in order: when it has seen one that it caused, it has seen all earlier ones. It causes them
   * repeatedly until it listens.
   */
  private async upToDate(): Promise<void> {
    for (;;) {
      const volume = await this.engine.docker('volume', 'create', '--label', 'signalbox-test=witness');
      await this.engine.docker('volume', 'rm', volume);
      const { promise: late, resolve } = Promise.withResolvers<boolean>();
      const timer = setTimeout(resolve, 200, false);
      const came = await Promise.race([this.changes.until(() => this.seen.has(volume)), late]);
      clearTimeout(timer);
      if (came) return;
    }
  }

  private take({ Type, Action, Actor: { ID, Attributes } }: EngineEvent): void {
    const labels = Object.entries(Attributes).flatMap(([name, value]) => [name, `${name}=${value}`]);
    if (Type === 'container' && Action === 'create' && labels.includes(this.label)) this.containers.add(ID);
    if (Type === 'volume' && Action === 'mount' && this.containers.has(Attributes.container ?? ''))
      this.volumes.add(ID);
    if (Type === 'volume' && Action === 'destroy') this.seen.add(ID);
    this.changes.tell();
  }
}
