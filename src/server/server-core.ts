import { type CommandContract, controlCommands, type JobSignal, limits, SignalboxError } from '../../schemas/index.ts';
import { forgivenGapMs, monotonicMs } from '../clock.ts';
import type { JobRef, Unstamped } from '../jobs/events.ts';
import type { JobEffects } from '../jobs/job-effects.ts';
import { JobTable } from '../jobs/job-table.ts';
import type { EmittedRecord } from '../jobs/received-records.ts';
import type { OutputRun } from '../kept-output.ts';
import { keyText } from '../place-name.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { Guard, Sight } from '../plugin/guard.ts';
import type { Control, Interceptor } from '../plugin/interceptor.ts';
import type { JobGroup } from '../plugin/job-group.ts';
import type {
  EventReader,
  HistoryFilter,
  HistoryPage,
  JobDetails,
  JobKey,
  JobView,
  ListFilter,
  UnsettledCount,
  WatchOptions,
} from '../plugin/job-service.ts';
import type { CancelOptions } from '../plugin/send-options.ts';
import type { ServerOptions } from '../plugin/server-options.ts';
import type { MethodContext } from '../plugin/service-method.ts';
import { callMethod, needsOf, type ServiceMethods } from './call-method.ts';
import { Fleet } from './clients/fleet.ts';
import { Roster } from './clients/roster.ts';
import { seenWorld } from './clients/seen-world.ts';
import { resolveTargets } from './clients/targets.ts';
import { Vacancies } from './clients/vacancies.ts';
import { countUnsettled, viewClients } from './clients/views.ts';
import { waitForClients } from './clients/wait-for-clients.ts';
import { createDurable, type Durable } from './durable.ts';
import { endServer } from './end-server.ts';
import { JobAnnouncer } from './job-announcer.ts';
import { JobCalls } from './job-calls.ts';
import { formerOf } from './journal/stored-form.ts';
import { KeyedGroups } from './keyed-groups.ts';
import type { Parts } from './parts.ts';
import { createFillSecrets } from './secret-arguments.ts';
import type { Asked, Cancel, Page, ServiceCore, Submission } from './service-core.ts';
import { Sessions } from './sessions/sessions.ts';
import { Submissions } from './submissions.ts';
import { SubmitOrder } from './submit-order.ts';
import { timed } from './timed.ts';

const tickMs = 100;

/** Connects the pure parts (roster, job table) with sessions, the store, and a tick that finds what has timed out. */
export class ServerCore implements ServiceCore {
  readonly endpoint: string;
  readonly bootId: string;
  /** A Map, so that inherited names of objects are not found. */
  readonly commands: ReadonlyMap<string, CommandContract>;
  readonly groups: ReadonlyMap<string, string>;
  private readonly interceptors: readonly Interceptor[];
  private readonly guard: Guard | undefined;
  private readonly onControl: ServerOptions['onControl'];
  private readonly methods: ServiceMethods;
  readonly order = new SubmitOrder();
  /** Resolves when the server has closed, with the reason if it ended by itself. */
  readonly ending = Promise.withResolvers<SignalboxError | undefined>();
  private readonly parts: Parts;
  private readonly roster = new Roster();
  private readonly fleet: Fleet;
  private readonly jobTable: JobTable;
  private readonly sessions: Sessions;
  private readonly submissions: Submissions;
  private readonly jobCalls: JobCalls;
  private readonly vacancies: Vacancies;
  /** With a durable store. */
  private readonly durable: Durable | undefined;
  private readonly ticker: NodeJS.Timeout;
  /** Why the server ends by itself. */
  private why: SignalboxError | undefined;
  private tickedAtMs = monotonicMs();
  private closing: Promise<void> | undefined;

  constructor(options: ServerOptions, parts: Parts) {
    this.parts = parts;
    this.bootId = parts.bootId;
    this.groups = new Map([...parts.groups].map(([name, { text }]) => [name, text]));
    this.interceptors = options.interceptors ?? [];
    this.guard = options.guard;
    this.onControl = options.onControl;
    this.methods = options.methods ?? new Map();
    const { bootId, listener, events, faults, refusals, door, taken, health } = parts;
    this.endpoint = listener.endpoint;
    if (door) events.vouchBy((client) => door.labelsAtEvent(client));
    this.commands = new Map(
      [...controlCommands, ...(options.commands ?? [])].map((command) => [command.name, command]),
    );
    const { commands, roster, order } = this;
    const { store } = options;
    const isDurable = store?.isDurable === true;
    const announcer = new JobAnnouncer({
      ...{ events, faults, roster, commands, isDurable },
      taken: (job, news) => this.jobTable.taken(job, news),
    });
    const effects = {
      send: (client, message) => this.sessions.send(client, message),
      tell: (job, news) => announcer.tell(job, news),
      changed: (job, change) => {
        if (change === 'submitted' && !job.submission.origin) announcer.submitted(job);
      },
    } satisfies JobEffects;
    const keyed = new KeyedGroups(({ jobs }) => jobs.some((job) => this.jobTable.find(job.id, keyText(job))));
    if (store && isDurable) {
      const onReplaced = (error: SignalboxError) => this.replaced(error);
      this.durable = createDurable(store, {
        ...{ send: effects.send, announcer, events, keyed, onReplaced, taken, health },
        table: () => this.jobTable,
      });
    }
    const { durable } = this;
    this.fleet = new Fleet({
      ...{
        roster,
        events,
        journal: durable?.journal,
        credentials: door?.names,
        vouched: door && ((client: string) => door.labelsOf(client)),
      },
      stored: taken?.clients ?? [],
    });
    const { fleet } = this;
    const jobTable = new JobTable({
      bootId,
      lostAfterMs: options.lostAfterMs ?? limits.lostAfterMs,
      recoverWithinMs: options.recoverWithinMs,
      isRecoverable: (command) => commands.get(command)?.recoverable === true,
      reconnectWaitMs: options.reconnectWaitMs,
      effects: timed(durable?.effects ?? effects),
      vouchedOf: door && ((client: string) => door.labelsOf(client)),
      ...(options.secretOf && { fillSecrets: createFillSecrets(commands, options.secretOf) }),
      nextNumber: taken?.nextNumber ?? 1,
    });
    this.jobTable = jobTable;
    this.submissions = new Submissions({
      ...{ commands, jobTable, events, keyed, order, announcer, durable },
      resolve: (targets, actor, mayBeNobody) => {
        const { known, groups } = this.worldOf(actor);
        return resolveTargets(targets, known, groups, mayBeNobody ? 'patterns' : 'nothing');
      },
      hasEnded: (client) => fleet.hasEnded(client),
      memberOf: (client) => roster.get(client),
    });
    this.vacancies = new Vacancies({
      ...{ jobTable, commands, roster, journal: durable?.journal },
      resolve: (targets) => resolveTargets(targets, fleet, parts.groups, 'names'),
      interceptorsOf: (actor) => this.interceptorsOf(actor),
      groupOf: (submission) => this.submissions.groupOf(submission),
    });
    this.jobCalls = new JobCalls({ jobTable, commands, faults, durable });
    this.sessions = new Sessions({
      ...{ bootId, commands, listener, roster, fleet, jobTable, events, refusals, door, durable, groups: parts.groups },
      welcome: { store: { id: store?.id ?? bootId, durable: isDurable }, adopt: options.adopt ?? false },
    });
    this.guard?.start({
      vouchedOf: (client) => fleet.vouchedOf(client),
      actorOf: async (job) => (await this.get(job)).actor,
      running: () => this.list({ state: 'running' }),
      needsOf: (name) => needsOf(this.methods.get(name)),
    });
    for (const former of formerOf(taken?.unsettled ?? [])) jobTable.restore(former, monotonicMs());
    this.ticker = setInterval(() => this.tick(), tickMs);
  }

  interceptorsOf(actor: string): readonly Interceptor[] {
    const own = this.guard?.interceptorFor(actor);
    return own ? [own, ...this.interceptors] : this.interceptors;
  }

  sightOf(actor: string): Sight | undefined {
    return this.guard?.sightOf(actor);
  }

  recall(asked: Asked, cancel: Cancel): Promise<void> | undefined {
    this.refuseClosed();
    return this.submissions.recall(asked, cancel);
  }

  check(asked: Asked): Submission {
    this.refuseClosed();
    return this.submissions.check(asked);
  }

  submit(submission: Submission, cancel: Cancel, asked = submission): JobGroup | Promise<JobGroup> {
    this.refuseClosed();
    return this.submissions.submit(submission, cancel, asked);
  }

  refOf(job: JobKey): JobRef | Promise<JobRef> {
    return this.jobCalls.refOf(job);
  }

  cancel(jobs: readonly JobKey[], options: CancelOptions = {}): Promise<void> | undefined {
    this.refuseClosed();
    return this.jobCalls.cancel(jobs, options);
  }

  signal(jobs: readonly JobKey[], signal: JobSignal): void {
    this.refuseClosed();
    this.jobCalls.signal(jobs, signal);
  }

  controlled(call: Control): void {
    this.onControl?.(call);
  }

  get(job: JobKey): JobDetails | Promise<JobDetails> {
    return this.jobCalls.get(job);
  }

  list(filter: ListFilter = {}): JobView[] {
    return this.jobCalls.list(filter);
  }

  history(filter: HistoryFilter, page: Page): Promise<HistoryPage> {
    return this.jobCalls.history(filter, page);
  }

  unsettled(): UnsettledCount[] {
    return countUnsettled(this.jobTable);
  }

  output(job: JobKey): readonly OutputRun[] | Promise<readonly OutputRun[]> {
    return this.jobCalls.output(job);
  }

  records(job: JobKey): readonly EmittedRecord[] | Promise<readonly EmittedRecord[]> {
    return this.jobCalls.records(job);
  }

  clients(): ClientView[] {
    return viewClients(this.roster, this.fleet, this.jobTable);
  }

  forget(client: string, actor: string): void {
    this.refuseClosed();
    this.fleet.forget(client, actor);
    this.jobTable.clientGone(client, `${client} was forgotten`);
  }

  resolve(target: readonly string[], actor: string): string[] {
    const { known, groups } = this.worldOf(actor);
    return resolveTargets(target, known, groups);
  }

  async waitForClients(count: number, actor: string, signal: AbortSignal | undefined): Promise<void> {
    this.refuseClosed();
    const sight = this.sightOf(actor);
    await waitForClients(count, { roster: this.roster, events: this.parts.events, sight, signal });
  }

  watch(options: WatchOptions): EventReader {
    return this.parts.events.watch(options);
  }

  async call(called: { name: string; request: unknown }, context: MethodContext): Promise<unknown> {
    this.refuseClosed();
    return await callMethod(this.methods, called, context);
  }

  /** Does nothing while the server is closing. */
  emit(event: Unstamped): void {
    if (!this.closing) this.parts.events.emit(event);
  }

  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  /** The clients and groups that are visible to an actor. */
  private worldOf(actor: string) {
    const sight = this.sightOf(actor);
    const { fleet } = this;
    const { groups } = this.parts;
    return sight ? seenWorld({ known: fleet, groups }, sight) : { known: fleet, groups };
  }

  private refuseClosed(): void {
    if (this.why) throw this.why;
    if (this.closing) throw new SignalboxError('closed', 'this server has been closed');
  }

  private tick(): void {
    const nowMs = monotonicMs();
    const gapMs = nowMs - this.tickedAtMs - tickMs;
    this.tickedAtMs = nowMs;
    // Messages that arrived meanwhile are read later, in another phase of the event loop.
    if (gapMs > forgivenGapMs) this.jobTable.forgive(gapMs, nowMs);
    this.jobTable.tick(nowMs);
    this.vacancies.tick(nowMs);
    this.durable?.journal.tick(nowMs);
  }

  /** Another server holds the store, so further statements of this one could contradict it. */
  private replaced(error: SignalboxError): void {
    this.why = error;
    void this.close();
  }

  private async end(): Promise<void> {
    clearInterval(this.ticker);
    await endServer({ ...this.parts, fleet: this.fleet, sessions: this.sessions, journal: this.durable?.journal });
    this.ending.resolve(this.why);
  }
}
