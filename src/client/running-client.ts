import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import {
  type ClientState,
  type FromClient,
  type FromServer,
  type Message,
  protocolVersion,
  SignalboxError,
  type Welcome,
} from '../../schemas/index.ts';
import { createBootId } from '../boot-id.ts';
import { readCredentials } from '../keys/credentials.ts';
import { proofByCredentials } from '../keys/hello-proof.ts';
import { FaultReports } from '../plugin/fault-reports.ts';
import type { Implementation } from '../plugin/implement.ts';
import { version } from '../version.ts';
import { dial } from '../wire/dial.ts';
import { About } from './about.ts';
import type { Client, ClientOptions } from './api.ts';
import { Backoff } from './backoff.ts';
import { Changes } from './changes.ts';
import { Dispatcher } from './dispatch.ts';
import { startForgetting } from './forgetting.ts';
import { jobEvents } from './job-events.ts';
import { Jobs } from './jobs.ts';
import { type ClientActor, createClientActor } from './machine.ts';
import { Session, type SessionEnd, type SessionOwner } from './session.ts';
import { KeptState } from './state/kept-state.ts';
import { TakeUp } from './take-up.ts';

const graceMs = 5_000;
const ackWaitMs = 2_000;
const lingerMs = 500;

/**
 * A client from its start until it has closed, with one session per connection. `close` ends the jobs, delivers their
 * outcomes if a session is open, and closes the socket.
 */
export class RunningClient implements Client, SessionOwner {
  readonly name: string;
  readonly bootId = createBootId();
  readonly closed: Promise<void>;
  private readonly options: ClientOptions & { readonly name: string };
  private readonly checkServer: () => void;
  private readonly machine: ClientActor = createClientActor();
  private readonly jobs: Jobs;
  private readonly dispatcher: Dispatcher;
  private readonly allowed: readonly Implementation[];
  private readonly kept: KeptState;
  private readonly takeUp: TakeUp;
  private readonly about: About;
  /** Aborts when the client begins to end. */
  private readonly leaving = new AbortController();
  private readonly stopped = new AbortController();
  /** Settles each `terminate` command, before the client disconnects. */
  private readonly terminations: (() => void)[] = [];
  /** All jobs have ended. */
  private drained = false;
  private session: Session | undefined;
  private ending: Promise<void> | undefined;
  private readonly changes = new Changes();

  constructor(
    options: ClientOptions & { readonly name: string },
    allowed: readonly Implementation[],
    checkServer: () => void,
  ) {
    this.options = options;
    this.checkServer = checkServer;
    this.name = options.name;
    const faults = new FaultReports(options.onFault);
    const { print = () => {} } = options;
    this.about = new About(allowed, {
      labels: options.labels,
      faults,
      onChange: (described) => this.session?.about(described),
    });
    // A Map, so that a name from the wire can only find a declared command.
    const commands = new Map(allowed.map((command) => [command.contract.name, command]));
    this.allowed = allowed;
    this.kept = new KeptState(options);
    this.jobs = new Jobs({
      client: options.name,
      onFault: (source, error) => faults.report(source, error),
      stateOf: (command) => this.kept.folderOf(command),
      print,
      onChange: () => this.changes.tell(),
      trace: options.trace,
      forgetAfterMs: options.forgetAfterMs,
      ...(options.onEvent && (options.jobEvents ?? true) && jobEvents(options.onEvent)),
    });
    this.takeUp = new TakeUp(options.name, allowed, { jobs: this.jobs, state: this.kept, print, faults });
    this.dispatcher = new Dispatcher({
      commands,
      forbidden: new Set(options.commands?.map(({ contract }) => contract.name).filter((one) => !commands.has(one))),
      machine: this.machine,
      jobs: this.jobs,
      onState: () => {
        this.session?.send({ type: 'state', state: this.wireState() });
        this.options.onEvent?.({ type: 'state', state: this.state });
      },
      onTerminate: (settle) => {
        if (this.drained) settle();
        else this.terminations.push(settle);
        void this.close('terminated by the server');
      },
    });
    startForgetting(this.jobs, options.forgetAfterMs, {
      signal: this.stopped.signal,
      onForgotten: (outcomes) => options.onEvent?.({ type: 'forgotten', outcomes }),
    });
    if (options.ready) this.machine.send({ type: 'start' });
    this.closed = this.live();
  }

  get state(): ClientState | 'terminated' {
    return this.machine.getSnapshot().value;
  }

  close(reason = 'closed'): Promise<void> {
    this.ending ??= this.end(reason).then(() => this.closed);
    return this.ending;
  }

  setLabels(labels: Readonly<Record<string, string>>): void {
    this.about.setLabels(labels);
    this.session?.about(this.about.described);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  hello(token: string | undefined): Message<FromClient, 'hello'> {
    return {
      type: 'hello',
      protocol: { min: protocolVersion, max: protocolVersion },
      features: [],
      version,
      name: this.name,
      named: this.options.named ?? true,
      ...(token !== undefined && { token }),
      bootId: this.bootId,
      state: this.wireState(),
      commands: this.allowed.map(({ contract }) => contract.name),
      info: this.about.info,
      ...this.about.described,
    };
  }

  wireState(): ClientState {
    return this.state === 'terminated' ? 'terminating' : this.state;
  }

  welcomed(session: Session, welcome: Welcome): void {
    this.jobs.begin(welcome.serverBootId, welcome);
    this.jobs.list(session.send);
    this.takeUp.listed(welcome.store.id);
    this.options.onEvent?.({ type: 'connected', server: this.options.connect });
  }

  command(session: Session, message: Message<FromServer, 'command'>, ageMs: number): void {
    this.dispatcher.command(message, ageMs, session.send);
  }

  other(session: Session, message: FromServer): void {
    if (message.type === 'cancel') this.jobs.cancel(message.id);
    else if (message.type === 'ack') this.jobs.ack(message.ids);
    else if (message.type === 'signal') this.jobs.signal(message.id, message.signal);
    else if (message.type === 'output-ack') this.jobs.outputAcked(message.id, message.stream, message.offset);
    else if (message.type === 'fetch') this.jobs.attach(message, session.send);
    else if (message.type === 'records-ack') this.jobs.recordsAcked(message.id, message.offset);
  }

  /** Connects and reconnects until the client ends. */
  private async live(): Promise<void> {
    const { signal } = this.stopped;
    const backoff = new Backoff();
    while (!signal.aborted) {
      const end = await this.connectOnce(signal);
      if (signal.aborted) return;
      // During shutdown, reconnect only briefly, to deliver remaining outcomes.
      if (!this.ending) this.options.onEvent?.({ type: 'disconnected', error: end.error });
      await sleep(backoff.nextMs(end), undefined, { signal }).catch(() => {});
    }
  }

  private async connectOnce(signal: AbortSignal): Promise<SessionEnd> {
    try {
      const { connect, credentials } = this.options;
      // Recover jobs before listing jobs to any server. A terminating client recovers nothing more.
      if (!this.ending) {
        await this.about.refresh();
        await this.takeUp.run(this.leaving.signal);
      }
      // Reread per attempt so that rotated credentials take effect.
      const keys = credentials === undefined ? undefined : readCredentials(credentials);
      this.checkServer();
      await using connection = await dial(connect, signal, keys);
      // Repeated: the path may have been replaced during the connection. Only this user could have restored it.
      this.checkServer();
      this.session = new Session(connection, this, keys && proofByCredentials(keys, this));
      return await this.session.run();
    } catch (error) {
      return { welcomed: false, error: SignalboxError.from(error, 'internal') };
    } finally {
      this.session = undefined;
      this.jobs.detachAll();
      this.changes.tell();
    }
  }

  private async end(reason: string): Promise<void> {
    this.leaving.abort();
    if (this.state !== 'terminating') {
      this.machine.send({ type: 'terminate' });
      this.session?.send({ type: 'state', state: 'terminating' });
      this.options.onEvent?.({ type: 'state', state: 'terminating' });
    }
    // Let the messages of this turn leave first, because ending a thousand jobs takes a while.
    await nextTurn();
    await nextTurn();
    const cause = new SignalboxError('cancelled', `the client was ${reason}`);
    this.jobs.running.endAll(cause);
    await this.changes.until(() => this.jobs.running.size === 0, graceMs);
    const abandoned = this.jobs.running.abandonAll(cause);
    this.drained = true;
    for (const settle of this.terminations) settle();
    await this.changes.until(() => !this.session || this.jobs.allAcked, ackWaitMs);
    this.machine.send({ type: 'drained' });
    this.stopped.abort();
    this.session?.close(reason, lingerMs);
    this.jobs.disposeAll();
    await this.kept.close(abandoned.length === 0);
    const { unacked } = this.jobs;
    if (abandoned.length > 0 || unacked > 0) this.options.onEvent?.({ type: 'left', jobs: abandoned, unacked });
    this.options.onEvent?.({ type: 'state', state: 'terminated' });
  }
}
