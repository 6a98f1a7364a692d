import type { WireError } from '../../schemas/errors.ts';
import { type ClientEvent, type Event, isOfClient, type JobRef } from '../jobs/events.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { GuardedServer, SeenJob, Sight } from '../plugin/guard.ts';
import type { JobDetails, JobView } from '../plugin/job-service.ts';
import type { JudgedJob } from './rights.ts';
import { mayWithWorkflow, seesAll, seesArguments, seesClient, seesCommand, seesGroup, seesJob } from './rights.ts';
import type { Role } from './role.ts';

/** The properties of a row of `standing/list` that decide about its visibility. */
export interface StandingFacts {
  readonly client: string | null;
  readonly command: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The view of one operator on the server. Everything that the operator receives passes through it. */
export class View implements Sight {
  readonly role: Role;
  private readonly actor: string;
  private readonly server: GuardedServer;

  constructor(actor: string, role: Role, server: GuardedServer) {
    this.actor = actor;
    this.role = role;
    this.server = server;
  }

  get isWhole(): boolean {
    return seesAll(this.role);
  }

  isOf(actor: string): boolean {
    return actor === this.actor;
  }

  seesClient(name: string): boolean {
    return seesClient(this.role, { name, labels: this.server.vouchedOf(name) });
  }

  seesGroup(group: string): boolean {
    return seesGroup(this.role, group);
  }

  seesCommand(command: string): boolean {
    return seesCommand(this.role, command);
  }

  seesJob(job: SeenJob, actor: string | undefined): boolean {
    return seesJob(this.role, this.judged(job, actor));
  }

  /** The properties of a job that decide about rights: its client as it was when it received the job. */
  judged({ command, client, vouched = {} }: SeenJob, actor: string | undefined): JudgedJob {
    return {
      command,
      client: client === null ? undefined : { name: client, labels: vouched },
      isOwn: actor === this.actor,
    };
  }

  jobs(jobs: readonly JobView[]): JobView[] {
    return jobs.flatMap((job) => (this.seesJob(job, job.actor) ? this.job(job) : []));
  }

  job<Job extends JobView>(job: Job): Job {
    const shown = this.seesArgumentsOf(job) ? job : { ...job, args: {} };
    return this.isWhole || job.actor === this.actor ? shown : uncounted(shown);
  }

  details(job: JobDetails): JobDetails {
    const shown = this.job(job);
    const isOpen = this.seesArgumentsOf(job);
    const redacted = [...new Set([...(job.redacted ?? []), ...Object.keys(job.args)])];
    if (this.isWhole) return isOpen ? shown : { ...shown, redacted };
    // The failures of a batch are counted over all of its clients, and the key of another actor can name a run.
    const { batch, key, ...rest } = shown;
    const own = job.actor === this.actor && { ...(batch && { batch }), ...(key !== undefined && { key }) };
    return { ...rest, ...own, ...(isOpen ? {} : { redacted }) };
  }

  clients(clients: readonly ClientView[]): ClientView[] {
    if (this.isWhole) return [...clients];
    const running = Map.groupBy(this.jobs(this.server.running()), ({ client }) => client);
    return clients
      .filter(({ name }) => this.seesClient(name))
      .map((client) => ({
        ...client,
        commands: client.commands.filter((command) => this.seesCommand(command)),
        runningJobs: running.get(client.name)?.length ?? 0,
        elsewhere: 0,
      }));
  }

  /** Undefined for an event about something invisible. */
  async event(event: Event): Promise<Event | undefined> {
    if ('workflow' in event) return this.workflowEvent(event);
    if ('command' in event) {
      if (!this.seesJob(event, await this.submitterOf(event))) return undefined;
      if (event.type === 'job.submitted') return this.submitted(event);
      return event.type === 'job.settled' ? await this.settled(event) : event;
    }
    if (this.isWhole) return event;
    return isOfClient(event) ? this.clientEvent(event) : undefined;
  }

  /** Who submitted the job of an event. Only needed for places. */
  private async submitterOf(event: Extract<Event, JobRef>): Promise<string | undefined> {
    if (event.type === 'job.submitted') return event.actor;
    return event.client === null ? await this.actorOf(event) : undefined;
  }

  /** A job that the server has forgotten belongs to nobody. */
  private async actorOf(job: JobRef): Promise<string | undefined> {
    return await this.server.actorOf(job).catch(() => undefined);
  }

  private async settled(event: Extract<Event, { type: 'job.settled' }>): Promise<Event> {
    if (this.isWhole) return event;
    const shown = uncounted(event);
    return shown === event || (await this.actorOf(event)) === this.actor ? event : shown;
  }

  /** Decided by the client as it was at that time. */
  private clientEvent(event: ClientEvent): ClientEvent | undefined {
    const { client: name, vouched: labels = {} } = event;
    if (!seesClient(this.role, { name, labels })) return undefined;
    if (event.type !== 'client.state') return event;
    const { elsewhere: _, ...shown } = event;
    return shown;
  }

  /** The standing jobs of the configuration, each by the current state of its client. */
  standing(rows: readonly StandingFacts[]): StandingFacts[] {
    return rows.flatMap((row) => {
      const vouched = row.client === null ? {} : this.server.vouchedOf(row.client);
      const job = this.judged({ ...row, vouched }, undefined);
      if (!seesJob(this.role, job)) return [];
      return [seesArguments(this.role, job) ? row : { ...row, args: {} }];
    });
  }

  private seesArgumentsOf(job: JobView): boolean {
    return seesArguments(this.role, this.judged(job, job.actor));
  }

  private submitted(event: Extract<Event, { type: 'job.submitted' }>): Event {
    const isOpen = seesArguments(this.role, this.judged(event, event.actor));
    const shown = isOpen ? event : { ...event, args: {} };
    if (this.isWhole || event.actor === this.actor || event.key === undefined) return shown;
    const { key: _, ...rest } = shown;
    return rest;
  }

  private workflowEvent(event: Extract<Event, { workflow: string }>): Event | undefined {
    if (!mayWithWorkflow(this.role, 'see', event.workflow)) return undefined;
    if (this.isWhole) return event;
    if (event.type === 'workflow.task') {
      // These can name invisible clients and jobs.
      const { number: _number, error: _error, ...shown } = event;
      return shown;
    }
    if (event.type === 'workflow.ended' && event.failed) {
      return { ...event, failed: event.failed.map(({ task, state }) => ({ task, state })) };
    }
    const shown = event.type === 'schedule.skipped' ? { ...event, reason: plainReason(event.reason) } : event;
    if (!('client' in shown)) return shown;
    const { client: _, ...rest } = shown;
    return rest;
  }
}

/** Why the rest of a batch was not sent, without the number of failures, which belong to other clients. */
const uncounted = <Told extends { readonly error?: WireError }>(told: Told): Told =>
  told.error?.code === 'not_sent' ? { ...told, error: { ...told.error, message: 'it was not sent' } } : told;

/** Reasons of schedules are words. Others are errors, which can name something invisible. */
export const plainReason = (reason: string): string => (/^[a-z-]+$/.test(reason) ? reason : 'error');
