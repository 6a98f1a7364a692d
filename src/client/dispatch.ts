import { controlCommands, type FromServer, type Message, SignalboxError } from '../../schemas/index.ts';
import type { Implementation } from '../plugin/implement.ts';
import type { Job } from './job.ts';
import type { Send } from './job-output.ts';
import type { Jobs } from './jobs.ts';
import type { ClientActor, ClientSnapshot } from './machine.ts';
import { type Task, taskOf } from './task.ts';

type Command = Message<FromServer, 'command'>;

const controls: ReadonlyMap<string, (typeof controlCommands)[number]> = new Map(
  controlCommands.map((contract) => [contract.name, contract]),
);

/** Handles each received command: control commands change the state, data commands become jobs. */
export class Dispatcher {
  private readonly commands: ReadonlyMap<string, readonly [Implementation, Task]>;
  private readonly forbidden: ReadonlySet<string>;
  private readonly machine: ClientActor;
  private readonly jobs: Jobs;
  private readonly onState: () => void;
  private readonly onTerminate: (settle: () => void) => void;
  /** The state of the machine and whether it accepts data commands, cached per change: `can` computes a transition. */
  private state: ClientSnapshot['value'];
  private takesData: boolean;

  constructor(options: {
    commands: ReadonlyMap<string, Implementation>;
    /** Implemented commands that are not enabled. */
    forbidden: ReadonlySet<string>;
    machine: ClientActor;
    jobs: Jobs;
    /** Called when the state has changed. */
    onState: () => void;
    /** Called for `terminate`. Call `settle` when its work is done, before disconnecting. */
    onTerminate: (settle: () => void) => void;
  }) {
    this.commands = new Map([...options.commands].map(([name, one]) => [name, [one, taskOf(one)]]));
    this.forbidden = options.forbidden;
    this.machine = options.machine;
    this.jobs = options.jobs;
    this.onState = options.onState;
    this.onTerminate = options.onTerminate;
    const snapshot = this.machine.getSnapshot();
    this.state = snapshot.value;
    this.takesData = takesData(snapshot);
    this.machine.subscribe((next) => {
      this.state = next.value;
      this.takesData = takesData(next);
    });
  }

  /** Answers every command, now or when its job ends. */
  command(message: Command, ageMs: number, send: Send): void {
    const job = this.jobs.admit(message.id, message.name, send);
    if (!job) return;
    try {
      this.take(job, message, ageMs, send);
    } catch (error) {
      this.jobs.settle(job, { outcome: 'rejected', error: SignalboxError.from(error, 'internal').toWire() }, send);
    }
  }

  private take(job: Job, message: Command, ageMs: number, send: Send): void {
    const { name, expiresInMs } = message;
    // Each command needs room to keep its outcome until it is acked, even if it never starts. `terminate` is exempt.
    if (name !== 'terminate' || this.state === 'terminating') this.jobs.checkRoom();
    if (job.epoch.wasCancelled(job.counter)) {
      const error = new SignalboxError('cancelled', 'cancelled before it was started').toWire();
      this.jobs.settle(job, { outcome: 'cancelled', error, durationMs: 0 }, send);
    } else if (expiresInMs !== undefined && ageMs > expiresInMs) {
      const text = `arrived ${Math.round(ageMs)} ms late; it expired after ${Math.round(expiresInMs)} ms`;
      const error = new SignalboxError('expired', text).toWire();
      this.jobs.settle(job, { outcome: 'expired', error, durationMs: 0 }, send);
    } else if (!this.control(job, send)) this.data(job, message, send);
  }

  /** @returns false if it is not a control command. */
  private control(job: Job, send: Send): boolean {
    const contract = controls.get(job.command);
    if (!contract) return false;
    const before = this.machine.getSnapshot();
    if (!before.can({ type: contract.name })) throw new SignalboxError('terminating', 'this client is terminating');
    this.jobs.hold(job, send);
    job.announce();
    this.machine.send({ type: contract.name });
    const state = this.machine.getSnapshot().value;
    const changed = state !== before.value;
    const settle = () => job.settle({ outcome: 'completed', result: { state, changed }, durationMs: 0 });
    if (changed) this.onState();
    if (contract.name === 'terminate') this.onTerminate(settle);
    else settle();
    return true;
  }

  private data(job: Job, message: Command, send: Send): void {
    const command = this.commands.get(message.name);
    if (!command) {
      if (this.forbidden.has(message.name)) {
        throw new SignalboxError('not_allowed', `this client was not started with --allow ${message.name}`);
      }
      throw new SignalboxError('unknown_command', `this client does not run ${message.name}`);
    }
    if (!this.takesData) {
      if (this.state === 'unready') throw new SignalboxError('not_ready', 'the client is unready; send start first');
      throw new SignalboxError('terminating', 'this client is terminating');
    }
    const [implementation, task] = command;
    this.jobs.start(job, message, task, implementation.prepare(message.args), send);
  }
}

const takesData = (snapshot: ClientSnapshot): boolean => snapshot.can({ type: 'data' });
