import { type CommandContract, isStanding, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { frozenCopy } from '../deep-copy.ts';
import type { JobRef } from '../jobs/events.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import { checkArguments, checkSendable } from './check-sendable.ts';
import type { EventBus } from './event-bus.ts';
import { KeyedGroups } from './keyed-groups.ts';
import { LiveGroup, LiveJob } from './live-job.ts';
import type { Asked, Submission } from './local-service.ts';

/** Checks submissions, before and after the interceptors, and creates their jobs. */
export class Submissions {
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly jobTable: JobTable;
  private readonly events: EventBus;
  private readonly resolve: (targets: readonly string[]) => string[];
  private readonly keyed: KeyedGroups;

  constructor(options: {
    commands: ReadonlyMap<string, CommandContract>;
    jobTable: JobTable;
    events: EventBus;
    /** @throws SignalboxError `no_such_target` */
    resolve: (targets: readonly string[]) => string[];
  }) {
    const { jobTable } = options;
    this.commands = options.commands;
    this.jobTable = jobTable;
    this.events = options.events;
    this.resolve = options.resolve;
    this.keyed = new KeyedGroups(({ jobs }) => jobs.some(({ id, client }) => jobTable.find(id, client)));
  }

  check({ actor, targets, command, args, options }: Asked): Submission {
    if (!this.commands.has(command.name)) {
      throw new SignalboxError('unknown_command', `${command.name} is not among the commands of this server`);
    }
    const checked = checkArguments(command, args);
    checkSendable(command.name, checked, options);
    const known = this.knownGroup({ actor, targets, command, args: checked, options });
    const clients = known?.jobs.map(({ client }) => client) ?? this.resolve(targets);
    return { method: 'submit', actor, targets, clients, command, args: checked, options };
  }

  submit(submission: Submission, cancel: (jobs: readonly JobKey[]) => Promise<void>, asked = submission): JobGroup {
    const { actor, clients, command, options } = submission;
    const { expiresInMs, timeoutMs, traceparent } = options;
    const { key } = asked.options;
    const args = submission === asked ? submission.args : this.checkedAgain(submission, asked);
    const known = this.knownGroup(asked);
    if (known) return known;
    const counter = this.jobTable.nextCounter();
    const id = this.jobTable.idOf(counter);
    // Shown and sent arguments are separate objects, so that changing one does not change the other.
    const auditedArgs = frozenCopy(command.auditArgs?.(args) ?? args);
    const mayLoseOutput = command.mayLoseOutput?.(args);
    const record = {
      command: command.name,
      kind: command.kind,
      args,
      auditedArgs,
      actor,
      ...(expiresInMs !== undefined && { expiresInMs }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      traceparent,
      standing: isStanding(command, args),
    };
    const nowMs = monotonicMs();
    const jobs = clients.map((client) => {
      this.submitted({ id, client, command: command.name }, actor, auditedArgs, record.traceparent);
      const live = new LiveJob(cancel, mayLoseOutput);
      live.job = this.jobTable.submit(counter, client, record, nowMs, live.news);
      return live;
    });
    const group = new LiveGroup(id, jobs, cancel);
    if (key !== undefined) {
      this.keyed.add(actor, key, { targets: asked.targets, command: asked.command.name, args: asked.args, group });
    }
    return group;
  }

  private knownGroup({ actor, targets, command, args, options }: Asked): JobGroup | undefined {
    const { key } = options;
    return key === undefined ? undefined : this.keyed.find(actor, key, { targets, command: command.name, args });
  }

  /** Checks again, because an interceptor may have changed the submission. */
  private checkedAgain({ command, args, options, clients }: Submission, asked: Submission): Record<string, unknown> {
    if (command !== asked.command && this.commands.get(command.name) !== command) {
      throw new SignalboxError('bad_usage', `an interceptor has put in ${command.name}, which is none of the commands`);
    }
    const left = new Set(clients);
    const known = new Set(asked.clients);
    if (left.size === 0) throw new SignalboxError('not_allowed', 'an interceptor has left out every client');
    if (left.size < clients.length || clients.some((client) => !known.has(client))) {
      throw new SignalboxError('bad_usage', 'an interceptor may leave clients out, and add none');
    }
    const checked = checkArguments(command, args);
    checkSendable(command.name, checked, options);
    return checked;
  }

  private submitted(
    job: JobRef,
    actor: string,
    args: Readonly<Record<string, unknown>>,
    traceparent: string | undefined,
  ): void {
    if (!this.events.isHeard) return;
    this.events.emit({ type: 'job.submitted', ...job, actor, args, ...(traceparent !== undefined && { traceparent }) });
  }
}
