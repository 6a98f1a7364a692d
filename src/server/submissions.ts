import { type CommandContract, isStanding, SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import type { JobRecord } from '../jobs/job-record.ts';
import type { JobTable } from '../jobs/job-table.ts';
import type { Submission as JobSubmission } from '../jobs/submission.ts';
import { keyText } from '../place-name.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type { JobKey, SubmitOptions } from '../plugin/job-service.ts';
import { askedHash } from './asked-hash.ts';
import { batchOf } from './batch-of.ts';
import { checkArguments, checkSendable, shownArguments } from './check-sendable.ts';
import { countDataJobs, pickClients, whoFits } from './clients/pick.ts';
import type { Member } from './clients/roster.ts';
import type { EventBus } from './event-bus.ts';
import { followJobs } from './follow-jobs.ts';
import type { JobAnnouncer } from './job-announcer.ts';
import type { Journal } from './journal/journal.ts';
import type { Keyed, KeyedGroups } from './keyed-groups.ts';
import { LiveGroup } from './live-group.ts';
import type { LiveJob } from './live-job.ts';
import type { Recall } from './recall.ts';
import { checkSecrets } from './secret-arguments.ts';
import type { Asked, Cancel, Submission } from './service-core.ts';
import type { SubmitOrder } from './submit-order.ts';

/** Checks submissions, before and after the interceptors, and creates their jobs. */
export class Submissions {
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly jobTable: JobTable;
  private readonly events: EventBus;
  private readonly resolve: (targets: readonly string[], actor: string, mayBeNobody: boolean) => string[];
  private readonly hasEnded: (client: string) => boolean;
  private readonly memberOf: (client: string) => Member | undefined;
  private readonly keyed: KeyedGroups;
  private readonly announcer: JobAnnouncer;
  private readonly order: SubmitOrder;
  /** Groups with places. */
  private readonly groups = new WeakMap<JobSubmission<JobRecord>, JobGroup>();
  private readonly durable: { readonly journal: Journal; readonly recall: Recall } | undefined;

  constructor(options: {
    commands: ReadonlyMap<string, CommandContract>;
    jobTable: JobTable;
    events: EventBus;
    /** @throws SignalboxError `no_such_target` */
    resolve: (targets: readonly string[], actor: string, mayBeNobody: boolean) => string[];
    /** Whether a client that is offline has announced its end. */
    hasEnded: (client: string) => boolean;
    memberOf: (client: string) => Member | undefined;
    keyed: KeyedGroups;
    announcer: JobAnnouncer;
    order: SubmitOrder;
    /** With a durable store. */
    durable: { readonly journal: Journal; readonly recall: Recall } | undefined;
  }) {
    this.commands = options.commands;
    this.jobTable = options.jobTable;
    this.events = options.events;
    this.resolve = options.resolve;
    this.hasEnded = options.hasEnded;
    this.memberOf = options.memberOf;
    this.keyed = options.keyed;
    this.announcer = options.announcer;
    this.order = options.order;
    this.durable = options.durable;
  }

  /**
   * Looks for the jobs of a key in the store.
   * @returns undefined if there is nothing to wait for: neither the store, nor an earlier submission that waits.
   */
  recall({ actor, command, args, options }: Asked, cancel: Cancel): Promise<void> | undefined {
    if (!this.durable) return undefined;
    const { key, keyIsNew = false } = options;
    if (key === undefined || keyIsNew || this.keyed.has(actor, key)) {
      return this.order.isBusy(actor) ? Promise.resolve() : undefined;
    }
    const mayLoseOutput = command.mayLoseOutput?.(checkArguments(command, args)) === true;
    return this.durable.recall.recall(actor, key, { mayLoseOutput, cancel });
  }

  check({ actor, targets, command, args, options }: Asked): Submission {
    if (!this.commands.has(command.name)) {
      throw new SignalboxError('unknown_command', `${command.name} is not among the commands of this server`);
    }
    const checked = checkArguments(command, args);
    checkSendable(checked, options);
    const known = this.knownGroup({ actor, targets, command, args: checked, options });
    const clients =
      known?.group.jobs.flatMap(({ client }) => client ?? []) ?? this.resolve(targets, actor, mayWait(options));
    return { method: 'submit', actor, targets, clients, command, args: checked, options };
  }

  submit(submission: Submission, cancel: Cancel, asked = submission): JobGroup | Promise<JobGroup> {
    const { actor, command, options } = submission;
    const { expiresInMs, timeoutMs, traceparent } = options;
    const { secrets } = asked.options;
    const { key } = asked.options;
    const args = submission === asked ? submission.args : this.checkedAgain(submission, asked);
    const known = this.knownGroup(asked);
    if (known) return known.stored ? known.stored().then(() => known.group) : known.group;
    if (secrets) checkSecrets(command, args, secrets);
    // Only now: an interceptor may have removed clients, and other jobs may have been submitted.
    const { clients, places } = this.picked(submission, asked.options.pick);
    const standing = isStanding(command, args);
    const batch = batchOf(options, clients.length);
    if (batch && standing) throw new SignalboxError('bad_usage', standingBatch(command.name));
    const nowMs = monotonicMs();
    const askedKey = key === undefined ? undefined : { key, askedHash: hashOf(asked) };
    this.durable?.journal.checkWritable(nowMs);
    const begun = this.jobTable.begin(
      {
        command: command.name,
        kind: command.kind,
        args,
        ...shownArguments(command, args),
        actor,
        key: askedKey,
        targets: places > 0 ? asked.targets : undefined,
        expiresInMs,
        timeoutMs,
        traceparent,
        secrets,
        standing,
        batch,
      },
      nowMs,
      clients.length + places,
    );
    const mayLoseOutput = command.mayLoseOutput?.(args) === true;
    const group = new LiveGroup(begun, {
      clients: clients.length + places,
      mayLoseOutput,
      events: this.events,
      askToCancel: cancel,
    });
    if (places > 0) this.groups.set(begun, group);
    const { jobs } = group;
    for (let place = 0; place < jobs.length; place += 1) {
      const live = jobs[place] as LiveJob;
      const client = clients[place];
      live.job =
        client === undefined
          ? this.jobTable.places.submit(begun, place - clients.length + 1, live)
          : this.jobTable.submit(begun, client, nowMs, live, this.hasEnded(client));
    }
    if (batch) this.jobTable.submittedAll(begun, nowMs);
    const journal = this.durable?.journal;
    if (askedKey) {
      const { askedHash } = askedKey;
      const stored = journal && { stored: () => journal.stored(begun) };
      this.keyed.add(actor, askedKey.key, { askedHash, command: asked.command.name, group, ...stored });
    }
    return journal ? journal.stored(begun).then(() => group) : group;
  }

  /** The group of a submission that has places. */
  groupOf(submission: JobSubmission<JobRecord>): JobGroup {
    const known = this.groups.get(submission);
    if (known) return known;
    const { commands, events, announcer } = this;
    const mayLoseOutput = commands.get(submission.command)?.mayLoseOutput?.(submission.args) === true;
    const askToCancel = async (keys: readonly JobKey[]) => {
      for (const key of keys) {
        const job = this.jobTable.find(key.id, keyText(key));
        if (job) this.jobTable.cancel(job);
      }
    };
    const made = followJobs(submission.all(), submission, { mayLoseOutput, events, announcer, askToCancel });
    this.groups.set(submission, made);
    return made;
  }

  /** `places`: number of jobs that wait for a client. */
  private picked(
    { clients, command, options }: Submission,
    count: number | undefined,
  ): { readonly clients: readonly string[]; readonly places: number } {
    if (count === undefined) return { clients, places: 0 };
    const choice = { clients, command, memberOf: this.memberOf, jobs: countDataJobs(this.jobTable.unsettled()) };
    if (!mayWait({ ...options, pick: count })) return { clients: pickClients({ ...choice, count }), places: 0 };
    const picked = whoFits(choice).fit.slice(0, count);
    return { clients: picked, places: count - picked.length };
  }

  private knownGroup(asked: Asked): Keyed | undefined {
    const { key } = asked.options;
    return key === undefined ? undefined : this.keyed.find(asked.actor, key, () => hashOf(asked));
  }

  /** Checks again, because an interceptor may have changed the submission. */
  private checkedAgain({ command, args, options, clients }: Submission, asked: Submission): Record<string, unknown> {
    if (command !== asked.command && this.commands.get(command.name) !== command) {
      throw new SignalboxError(
        'bad_usage',
        `an interceptor has substituted ${command.name}, which is not a command of this server`,
      );
    }
    const left = new Set(clients);
    const known = new Set(asked.clients);
    if (left.size === 0 && known.size > 0)
      throw new SignalboxError('not_allowed', 'an interceptor has removed every client');
    if (left.size < clients.length || clients.some((client) => !known.has(client))) {
      throw new SignalboxError('bad_usage', 'an interceptor may only remove clients, not add any');
    }
    const checked = checkArguments(command, args);
    checkSendable(checked, options);
    return checked;
  }
}

const standingBatch = (name: string): string =>
  `this ${name} runs until somebody ends it, so a batch would wait forever`;
/** Whether places without a suitable client wait for one. */
const mayWait = ({ pick, expiresInMs, batch }: SubmitOptions): boolean =>
  pick !== undefined && expiresInMs !== undefined && batch === undefined;

const hashOf = ({ targets, command, args, options: { pick } }: Asked): string =>
  askedHash({ targets, command: command.name, args, pick });
