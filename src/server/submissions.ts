import { type CommandContract, isStanding, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { Submission as Begun } from '../jobs/submission.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type { JobKey } from '../plugin/job-service.ts';
import { checkArguments, checkSendable, shownArguments } from './check-sendable.ts';
import type { EventBus } from './event-bus.ts';
import { KeyedGroups } from './keyed-groups.ts';
import { LiveGroup } from './live-group.ts';
import type { LiveJob } from './live-job.ts';
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
    checkSendable(checked, options);
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
    const nowMs = monotonicMs();
    const begun = this.jobTable.begin(
      {
        command: command.name,
        kind: command.kind,
        args,
        auditedArgs: shownArguments(command, args),
        actor,
        expiresInMs,
        timeoutMs,
        traceparent,
        standing: isStanding(command, args),
      },
      nowMs,
      clients.length,
    );
    const mayLoseOutput = command.mayLoseOutput?.(args) === true;
    const group = new LiveGroup(begun, {
      clients: clients.length,
      mayLoseOutput,
      events: this.events,
      askToCancel: cancel,
    });
    const { jobs } = group;
    for (let place = 0; place < jobs.length; place += 1) {
      const client = clients[place] ?? '';
      if (this.events.isHeard) this.submitted(begun, client);
      const live = jobs[place] as LiveJob;
      live.job = this.jobTable.submit(begun, client, nowMs, live);
    }
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
    checkSendable(checked, options);
    return checked;
  }

  private submitted(submission: Begun<JobRecord>, client: string): void {
    const { id, command, actor = '', auditedArgs: args, traceparent } = submission;
    const traced = traceparent !== undefined && { traceparent };
    this.events.emit({ type: 'job.submitted', id, client, command, actor, args, ...traced });
  }
}
