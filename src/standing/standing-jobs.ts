import { SignalboxError } from '../../schemas/index.ts';
import type { ClientView } from '../plugin/client-view.ts';
import type { JobService, JobView, Server } from '../plugin/job-service.ts';
import { afterEnd, type HeldEnd, type HeldJob, heldKey } from './held-job.ts';
import { HeldStore } from './held-store.ts';
import type { StandingLine } from './standing-line.ts';
import type { StandingRow } from './standing-row.ts';
import { cancelJob, wantedJobs } from './wanted-jobs.ts';

/** The actor of these submissions. */
export const standingActor = 'standing';

const againMs = 5_000;

/**
 * Keeps one job of each line running on each client of its target. It works in turns, one after the other. A turn
 * compares the wanted jobs with the held ones, cancels held jobs that are not wanted, and submits wanted jobs that are
 * not held. Events of clients and jobs request the next turn. A job is stored before it is submitted, so an interrupted
 * turn can be repeated and gets the same job.
 */
export class StandingJobs implements AsyncDisposable {
  private readonly server: Server;
  private readonly service: JobService;
  private readonly store: HeldStore;
  private readonly warn: (text: string) => void;
  private readonly ending = new AbortController();
  private lines: readonly StandingLine[] = [];
  /** How held jobs have ended, by job and client, until a turn has recorded it. */
  private readonly ends = new Map<string, HeldEnd>();
  /** Why wanted jobs are not running. */
  private reasons = new Map<string, string>();
  private turn: Promise<void> = Promise.resolve();
  private isAsked = false;
  private timer: NodeJS.Timeout | undefined;
  private watching: Promise<void> | undefined;

  constructor(server: Server, { warn }: { warn: (text: string) => void }) {
    this.server = server;
    this.service = server.as(standingActor);
    this.store = new HeldStore(server.collection<HeldJob>('standing'));
    this.warn = warn;
  }

  /** Continues the jobs of an earlier server. Retries while the store cannot be read. */
  start(lines: readonly StandingLine[]): void {
    this.lines = lines;
    this.watching = this.watch();
    this.turn = this.open();
  }

  /** Replaces the lines. */
  replace(lines: readonly StandingLine[]): void {
    this.lines = lines;
    this.ask();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ending.abort();
    clearTimeout(this.timer);
    await this.watching;
    await this.turn;
  }

  /** Lists the wanted jobs, with the reason for those that are not running. */
  async list(): Promise<StandingRow[]> {
    const wanted = await wantedJobs(this.service, this.lines);
    const rows = wanted.map(({ line, client }): StandingRow => {
      const key = heldKey(line.name, client);
      const job = this.store.jobs.get(key)?.job;
      const reason = this.reasons.get(key) ?? (job ? null : 'it is being submitted');
      return { ...shown(line), client, reason, number: job?.number ?? null };
    });
    const without = this.lines.filter((line) => !wanted.some((one) => one.line === line));
    const reason = 'no client matches its target';
    return [...rows, ...without.map((line): StandingRow => ({ ...shown(line), client: null, reason, number: null }))];
  }

  private async open(): Promise<void> {
    const { signal } = this.ending;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      try {
        await this.store.load();
        for (const { job, client } of this.store.jobs.values()) if (job) await this.lookUp(job.id, client);
        await this.reconcile();
        await this.cancelUnheld();
        return;
      } catch (error) {
        if (isFirst && !signal.aborted)
          this.warn(`standing lines have not been started yet: ${SignalboxError.from(error, 'internal').message}`);
        await sleep(againMs, signal);
      }
    }
  }

  /** Records how a job has ended while this server was not watching. */
  private async lookUp(id: string, client: string): Promise<void> {
    try {
      const { outcome, error, durationMs, state } = await this.service.get({ id, client });
      if (state === 'settled') this.ends.set(`${id} ${client}`, { outcome: outcome ?? 'lost', error, durationMs });
    } catch (error) {
      if (!(error instanceof SignalboxError) || error.code !== 'no_such_job') throw error;
      this.ends.set(`${id} ${client}`, { outcome: 'lost' });
    }
  }

  /** Cancels jobs that were submitted but not recorded, for lines that have changed since. */
  private async cancelUnheld(): Promise<void> {
    const held = new Set([...this.store.jobs.values()].map(({ job, client }) => `${job?.id} ${client}`));
    const isUnheld = ({ id, client, actor }: JobView) => actor === standingActor && !held.has(`${id} ${client}`);
    const unheld = (await this.service.list({ state: 'running' })).filter(isUnheld);
    for (const job of unheld) await cancelJob(this.service, job);
  }

  private async watch(): Promise<void> {
    const { signal } = this.ending;
    for await (const event of this.server.watch({ signal })) {
      if (event.type === 'job.settled') {
        const held = [...this.store.jobs.values()].some(
          ({ job, client }) => job?.id === event.id && client === event.client,
        );
        if (!held) continue;
        this.ends.set(`${event.id} ${event.client}`, event);
      } else if (!event.type.startsWith('client.')) continue;
      this.ask();
    }
  }

  /** Requests a turn. */
  private ask(): void {
    if (this.isAsked || this.ending.signal.aborted) return;
    this.isAsked = true;
    this.turn = this.turn.then(async () => {
      this.isAsked = false;
      try {
        if (!this.ending.signal.aborted) await this.reconcile();
      } catch (error) {
        if (this.ending.signal.aborted) return;
        this.warn(`standing lines: ${SignalboxError.from(error, 'internal').message}`);
        this.askAt(Date.now() + againMs);
      }
    });
  }

  private askAt(atMs: number): void {
    clearTimeout(this.timer);
    if (this.ending.signal.aborted) return;
    this.timer = setTimeout(() => this.ask(), Math.max(0, atMs - Date.now()));
    this.timer.unref();
  }

  private async reconcile(): Promise<void> {
    const clients = new Map((await this.service.clients()).map((client) => [client.name, client]));
    const wanted = await wantedJobs(this.service, this.lines);
    const keys = new Set(wanted.map(({ line, client }) => heldKey(line.name, client)));
    for (const [key, held] of this.store.jobs) {
      const isAway = (clients.get(held.client)?.state ?? 'offline') === 'offline';
      // An absent client may match no target at present, but it has not left its target.
      const waits = isAway && this.lines.some(({ name }) => name === held.line);
      if (keys.has(key) || waits) continue;
      if (held.job && !this.ends.delete(`${held.job.id} ${held.client}`))
        await cancelJob(this.service, { ...held.job, client: held.client });
      await this.store.delete(held);
    }
    this.reasons = new Map();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { line, client } of wanted) {
      const reason = await this.hold(line, clients.get(client) ?? client);
      if (reason === undefined) continue;
      this.reasons.set(heldKey(line.name, client), reason);
      const { notBeforeMs = 0 } = this.store.jobs.get(heldKey(line.name, client)) ?? {};
      if (notBeforeMs > Date.now()) nextMs = Math.min(nextMs, notBeforeMs);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.askAt(nextMs);
  }

  /** @returns why the job is not running; undefined if it is. */
  private async hold(line: StandingLine, view: ClientView | string): Promise<string | undefined> {
    const { name: client, state = 'offline', bootId } = typeof view === 'string' ? { name: view } : view;
    const key = heldKey(line.name, client);
    let held = this.store.jobs.get(key);
    if (held?.job) {
      const end = this.ends.get(`${held.job.id} ${client}`);
      if (!end) {
        if (held.digest === line.digest) return state === 'offline' ? 'its client is offline' : undefined;
        await cancelJob(this.service, { ...held.job, client });
        return 'the job of the previous line is being cancelled';
      }
      this.ends.delete(`${held.job.id} ${client}`);
      held = await this.store.save(afterEnd(held, end, { nowMs: Date.now(), bootId }));
      if (held.stopped)
        this.warn(`standing line ${line.name} is not submitted to ${client} again: ${held.stopped.reason}`);
    }
    const isSame = held?.digest === line.digest;
    if (isSame && held?.stopped && held.stopped.bootId === bootId) return held.stopped.reason;
    if (state !== 'ready') return state === 'offline' ? 'its client is offline' : `its client is ${state}`;
    if (isSame && held && held.notBeforeMs > Date.now()) return 'its job has ended and will be submitted again';
    const next: HeldJob = {
      ...{ line: line.name, client, digest: line.digest },
      attempt: isSame && held?.isSubmitting ? held.attempt : (held?.attempt ?? 0) + 1,
      isSubmitting: true,
      failures: isSame ? (held?.failures ?? 0) : 0,
      notBeforeMs: 0,
    };
    return await this.submit(line, await this.store.save(next));
  }

  private async submit(line: StandingLine, submitting: HeldJob): Promise<string | undefined> {
    const { isSubmitting: _, ...held } = submitting;
    const key = `standing/${heldKey(line.name, held.client)}/${held.digest}/${held.attempt}`;
    try {
      const { id, jobs } = await this.service.submit(held.client, line.contract, line.args, { key });
      await this.store.save({ ...held, job: { id, number: jobs[0]?.number ?? 0 } });
      await this.lookUp(id, held.client);
      if (this.ends.has(`${id} ${held.client}`)) this.ask();
      return undefined;
    } catch (error) {
      const { code, message } = SignalboxError.from(error, 'internal');
      await this.store.save(afterEnd(held, { outcome: 'rejected', error: { code, message } }, { nowMs: Date.now() }));
      return message;
    }
  }
}

function shown({ name: line, contract, args }: StandingLine): Pick<StandingRow, 'line' | 'command' | 'args'> {
  return { line, command: contract.name, args: contract.auditArgs?.(contract.args.parse(args)) ?? args };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal.addEventListener('abort', () => resolve(), { once: true });
  if (signal.aborted) resolve();
  await promise;
  clearTimeout(timer);
}
