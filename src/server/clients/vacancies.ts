import type { CommandContract } from '../../../schemas/index.ts';
import { monotonicMs } from '../../clock.ts';
import { deepCopy } from '../../deep-copy.ts';
import type { JobRecord } from '../../jobs/job-record.ts';
import type { JobTable } from '../../jobs/job-table.ts';
import type { Submission as JobSubmission } from '../../jobs/submission.ts';
import type { Call, Interceptor } from '../../plugin/interceptor.ts';
import type { JobGroup } from '../../plugin/job-group.ts';
import type { Journal } from '../journal/journal.ts';
import { passInterceptors } from '../pass-interceptors.ts';
import { countDataJobs, whoFits } from './pick.ts';
import type { Member, Roster } from './roster.ts';

type Waiting = JobSubmission<JobRecord>;

/** Places are offered when a client has changed, and at least this often, because jobs also end without such a change. */
const roundMs = 1_000;
/** Maximum time per tick, so that other work is not delayed. */
const maxLookMs = 5;
/** Time until the interceptors are asked again about clients that they removed. */
const askAgainMs = 30_000;

/** The aspects of a client that matter here. Everything else is noticed in the next round. */
const aspectsOf = ({ peer, responsive, state, synced, commands, labels, facts }: Member): readonly unknown[] => [
  ...[peer, responsive, state, synced, commands, labels, facts],
];

/** Assigns waiting places to the least busy clients that fit. */
export class Vacancies {
  private readonly jobTable: JobTable;
  private readonly commands: ReadonlyMap<string, CommandContract>;
  private readonly roster: Pick<Roster, 'connected' | 'get'>;
  private readonly resolve: (targets: readonly string[]) => readonly string[];
  private readonly journal: Pick<Journal, 'hides' | 'isWritable'> | undefined;
  private readonly interceptorsOf: (actor: string) => readonly Interceptor[];
  private readonly groupOf: (waiting: Waiting) => JobGroup;
  private seen: readonly unknown[] = [];
  private roundAtMs = Number.NEGATIVE_INFINITY;
  private round: Iterator<readonly JobRecord[], void> | undefined;
  /** The clients that the interceptors were asked about, and how long their answer is used. */
  private readonly asked = new WeakMap<Waiting, { readonly clients: string; readonly untilMs: number }>();

  constructor(options: {
    jobTable: JobTable;
    commands: ReadonlyMap<string, CommandContract>;
    roster: Pick<Roster, 'connected' | 'get'>;
    /** Resolves targets to their current clients; an empty list if there are none. */
    resolve: (targets: readonly string[]) => readonly string[];
    /** With a durable store. */
    journal: Pick<Journal, 'hides' | 'isWritable'> | undefined;
    /** They see the submission again, with the clients that are about to get its places. */
    interceptorsOf: (actor: string) => readonly Interceptor[];
    /** The group that `next` returns to interceptors. */
    groupOf: (waiting: Waiting) => JobGroup;
  }) {
    this.jobTable = options.jobTable;
    this.commands = options.commands;
    this.roster = options.roster;
    this.resolve = options.resolve;
    this.journal = options.journal;
    this.interceptorsOf = options.interceptorsOf;
    this.groupOf = options.groupOf;
  }

  tick(nowMs: number): void {
    if (this.jobTable.places.vacant.size === 0) return;
    if (!this.round && this.isDue(nowMs)) this.round = this.submissions();
    if (!this.round) return;
    const jobs = countDataJobs(this.jobTable.unsettled());
    const untilMs = monotonicMs() + maxLookMs;
    do {
      const { value: places } = this.round.next();
      if (!places) {
        this.round = undefined;
        return;
      }
      this.look(places, jobs, nowMs);
    } while (monotonicMs() < untilMs);
  }

  private isDue(nowMs: number): boolean {
    const seen = this.roster.connected().flatMap(aspectsOf);
    const isSame = seen.length === this.seen.length && seen.every((aspect, at) => aspect === this.seen[at]);
    if (isSame && nowMs - this.roundAtMs < roundMs) return false;
    this.seen = seen;
    this.roundAtMs = nowMs;
    return true;
  }

  /** The waiting places, grouped by submission. */
  private submissions(): Iterator<readonly JobRecord[], void> {
    const places = new Map<Waiting, JobRecord[]>();
    for (const job of this.jobTable.places.vacant) {
      const others = places.get(job.submission);
      if (others) others.push(job);
      else places.set(job.submission, [job]);
    }
    return places.values();
  }

  private look(places: readonly JobRecord[], jobs: Map<string, number>, nowMs: number): void {
    const [first] = places;
    const command = first && this.commands.get(first.command);
    if (!first || !command || !this.isStored(places, nowMs)) return;
    const { submission } = first;
    const { places: table } = this.jobTable;
    const free = (client: string) => !submission.hasHad(client) && table.isFree(client);
    const clients = this.fit(this.resolve(submission.targets ?? []).filter(free), command, jobs);
    if (clients.length === 0) return;
    if (this.interceptorsOf(submission.actor ?? '').length === 0) this.give(places, clients, jobs, nowMs);
    else if (!this.isAsked(submission, clients, nowMs)) void this.ask(places, command, clients).catch(() => {});
  }

  private isAsked(submission: Waiting, names: readonly string[], nowMs: number): boolean {
    const clients = [...names].sort().join();
    const asked = this.asked.get(submission);
    if (asked?.clients === clients && nowMs < asked.untilMs) return true;
    this.asked.set(submission, { clients, untilMs: nowMs + askAgainMs });
    return false;
  }

  /** If an interceptor throws, these clients are refused and the places wait for others. */
  private async ask(
    places: readonly JobRecord[],
    command: CommandContract,
    candidates: readonly string[],
  ): Promise<void> {
    const [{ submission }] = places as readonly [JobRecord];
    const call = callOf(submission, places.length, command, candidates);
    await passInterceptors(this.interceptorsOf(call.actor), call, (passed) => {
      const left = new Set(passed.clients);
      const nowMs = monotonicMs();
      const jobs = countDataJobs(this.jobTable.unsettled());
      const clients = this.fit(
        candidates.filter((client) => left.has(client)),
        command,
        jobs,
      );
      if (clients.length > 0 && this.isStored(places, nowMs)) {
        this.give(places, clients, jobs, nowMs);
        this.asked.delete(submission);
      }
      return this.groupOf(submission);
    });
  }

  /** Whether the places are stored and the store can record their clients. */
  private isStored([first]: readonly JobRecord[], nowMs: number): boolean {
    return !this.journal || (first !== undefined && !this.journal.hides(first) && this.journal.isWritable(nowMs));
  }

  private fit(clients: readonly string[], command: CommandContract, jobs: ReadonlyMap<string, number>): string[] {
    return whoFits({ clients, command, jobs, memberOf: (client) => this.roster.get(client) }).fit;
  }

  private give(
    places: readonly JobRecord[],
    clients: readonly string[],
    jobs: Map<string, number>,
    nowMs: number,
  ): void {
    const left = places.values();
    let place = left.next().value;
    for (const client of clients) {
      while (place && !this.jobTable.places.vacant.has(place)) place = left.next().value;
      if (!place) return;
      if (this.jobTable.places.give(place, client, nowMs)) jobs.set(client, (jobs.get(client) ?? 0) + 1);
    }
  }
}

function callOf(
  submission: Waiting,
  pick: number,
  command: CommandContract,
  clients: readonly string[],
): Extract<Call, { method: 'submit' }> {
  const { id: batchId, actor = '', targets = [], args, expiresAtMs = 0, timeoutMs, traceparent } = submission;
  const expiresInMs = Math.max(0, expiresAtMs - monotonicMs());
  const times = { expiresInMs, ...(timeoutMs !== undefined && { timeoutMs }) };
  const options = { pick, ...times, ...(traceparent !== undefined && { traceparent }) };
  return { method: 'submit', actor, targets, clients, command, args: deepCopy(args), options, batchId };
}
