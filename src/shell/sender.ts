import { SignalboxError } from '../../schemas/errors.ts';
import type { ArgsOf, CommandContract } from '../../schemas/index.ts';
import { foldNames } from '../fold-names.ts';
import { clientText, keyText } from '../place-name.ts';
import type { JobOutcome } from '../plugin/job-group.ts';
import type { JobService, SubmitOptions } from '../plugin/job-service.ts';
import type { Sent, SentGroup } from '../plugin/sent.ts';
import { startTimeout } from '../timer.ts';
import { Broadcast } from './broadcast.ts';
import { noteAbsent } from './note-absent.ts';
import { outcomesUntil } from './outcomes-until.ts';
import type { Output } from './output/output.ts';
import type { Tally } from './output/tally.ts';
import { formatDuration } from './parse/duration.ts';
import type { SentJobs } from './sent-jobs.ts';

/** A command to send, with its callbacks. */
interface Sending {
  readonly targets: readonly string[];
  readonly contract: CommandContract;
  readonly args: ArgsOf<CommandContract>;
  /** `signal` aborts to stop sending. */
  readonly options: SubmitOptions;
  /** Time the line waits for the outcomes, in ms. */
  readonly waitMs: number | undefined;
  /** Whether to show identical output of several clients once. */
  readonly gathers: boolean;
  /** Whether an outcome can be a failure. */
  readonly isJudged: boolean;
  /** Called with each failure. */
  readonly onFailure: (what: string) => void;
  /** Called if `waitMs` passes before all outcomes have arrived. */
  readonly onLate: (error: SignalboxError) => void;
}

/** Sends commands, counts their outcomes, and reports on commands for several clients. */
export class Sender {
  readonly service: JobService;
  private readonly jobs: SentJobs;
  readonly output: Output;
  private readonly tally: Tally;
  private readonly signal: AbortSignal;
  private readonly isSilent: boolean;
  private readonly broadcasts = new Set<Broadcast>();

  /** @param options `signal` aborts when the program has to end; `isSilent`: the screen shows which jobs wait. */
  constructor(options: {
    service: JobService;
    jobs: SentJobs;
    output: Output;
    tally: Tally;
    signal: AbortSignal;
    isSilent: boolean;
  }) {
    this.isSilent = options.isSilent;
    this.service = options.service;
    this.jobs = options.jobs;
    this.output = options.output;
    this.tally = options.tally;
    this.signal = options.signal;
  }

  /** @throws SignalboxError if nothing could be sent. */
  async send(sending: Sending): Promise<Sent> {
    const { targets, contract, args, options, isJudged, onFailure, waitMs } = sending;
    const submit = () => this.jobs.send(() => this.service.submit(targets, contract, args, options));
    const group = await (sending.gathers ? this.gathered(submit) : submit());
    if (contract.endsClient) this.tally.clientsEndByUs(group.jobs.flatMap(({ client }) => client ?? []));
    this.tally.add(
      group,
      isJudged ? (ended) => onFailure(`${contract.name} ${ended.outcome} on ${clientText(ended)}`) : undefined,
      (ended) => onFailure(`${contract.name} lost output on ${clientText(ended)}`),
    );
    const broadcast = group.jobs.length > 1 ? this.watch(group) : undefined;
    this.output.sent(group);
    const answered = waitMs === undefined ? undefined : this.answered(group, waitMs, sending.onLate, broadcast);
    const begun =
      options.batch === undefined ? group.accepted : Promise.race(group.jobs.map(({ accepted }) => accepted));
    if (!this.isSilent && options.batch === undefined) {
      const note = noteAbsent(group.number, this);
      const dispose = () => note[Symbol.dispose]();
      group.accepted.then(dispose, dispose);
    }
    return { group, answered, begun };
  }

  /** Reports on commands for several clients that have not ended on all of them, because nobody waits any longer. */
  reportUnfinished(): void {
    for (const broadcast of this.broadcasts) this.report(broadcast);
  }

  /**
   * The outcomes of a line that waits at most `waitMs` for them. Clients without an outcome by then are named, and their
   * jobs continue.
   */
  private async answered(
    group: SentGroup,
    waitMs: number,
    onLate: (error: SignalboxError) => void,
    broadcast: Broadcast | undefined,
  ): Promise<JobOutcome[]> {
    const { signal } = this;
    using timeUp = startTimeout(waitMs);
    const outcomes = await outcomesUntil(group, AbortSignal.any([signal, timeUp.signal]));
    const missing = group.jobs.filter((job) => !outcomes.some((outcome) => keyText(outcome) === keyText(job)));
    if (missing.length === 0 || signal.aborted) return outcomes;
    if (broadcast) this.report(broadcast);
    this.tally.leave(missing);
    const who = foldNames(missing.map(clientText));
    const text = `${missing[0]?.command} has no outcome from ${who} after ${formatDuration(waitMs)}; running jobs continue`;
    onLate(new SignalboxError('timed_out', text));
    return outcomes;
  }

  private async gathered(submit: () => Promise<SentGroup>): Promise<SentGroup> {
    const sent = this.output.gather?.();
    try {
      const group = await submit();
      sent?.(group);
      return group;
    } catch (error) {
      sent?.();
      throw error;
    }
  }

  private watch(group: SentGroup): Broadcast {
    const broadcast = new Broadcast(group);
    this.broadcasts.add(broadcast);
    void group.outcomes.then(() => this.report(broadcast));
    return broadcast;
  }

  /** Reports at most once. */
  private report(broadcast: Broadcast): void {
    if (this.broadcasts.delete(broadcast)) this.output.group(broadcast.report());
  }
}
