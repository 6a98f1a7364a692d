import type { AppliedLimits } from './apply-limits.ts';
import { monotonicMs } from './clock.ts';
import { type ProcessGroup, signalLeader } from './containment.ts';
import { type Ended, endGroup } from './end-group.ts';
import type { IncomingOutput } from './incoming-output.ts';
import type { OutputStream } from './options.ts';
import type { OutputLog } from './output-log.ts';
import {
  type OrderedOptions,
  type OrderedPiece,
  type OutputOptions,
  type OutputPiece,
  readOrdered,
  readOutput,
} from './output-reader.ts';
import type { ProcessHandle } from './process-handle.ts';
import type { ProcessResult, ProcessStatus } from './result.ts';
import type { Spawned } from './spawn-program.ts';

/** How long outputs may stay open after all known processes have ended: something out of reach holds them. */
const cutAfterMs = 1_000;

interface Parts {
  readonly id: string;
  readonly spawned: Spawned;
  readonly group: ProcessGroup;
  readonly limits: AppliedLimits;
  readonly log: OutputLog;
  readonly output: IncomingOutput;
  readonly graceMs: number;
  readonly startedAtMs: number;
  /** Called once, when the process has exited. */
  readonly release: () => void;
}

/**
 * A process from its start until nothing of it is left.
 *
 * - running: until its own process ends or `end` is called; the first cause is kept.
 * - ending: TERM has been sent to all its processes; KILL follows at `killAtMs`, which further calls may bring forward.
 * - exited: no known process is left, its output is complete, its cgroups are removed, `result` is final.
 */
export class RunningProcess implements ProcessHandle {
  readonly id: string;
  readonly pid: number;
  readonly exited: Promise<ProcessResult>;
  private readonly parts: Parts;
  private state: ProcessStatus['state'] = 'running';
  private cause: 'cancelled' | 'timedOut' | undefined;
  private killAtMs = Number.POSITIVE_INFINITY;
  private ending: Promise<Ended> | undefined;
  private outputCut = false;
  /** Resolves if its own process has not ended although it was killed. */
  private readonly stuck = Promise.withResolvers<Awaited<Spawned['exited']>>();
  private result: ProcessResult | undefined;

  constructor(parts: Parts) {
    this.parts = parts;
    this.id = parts.id;
    this.pid = parts.spawned.pid;
    this.exited = this.run();
  }

  status(): ProcessStatus {
    const { group, limits, log } = this.parts;
    return {
      id: this.id,
      pid: this.pid,
      state: this.state,
      containment: group.containment,
      limits,
      output: { stdout: log.kept('stdout'), stderr: log.kept('stderr') },
      outputError: log.error,
      outputCut: this.outputCut,
      result: this.result,
    };
  }

  stop({ graceMs = this.parts.graceMs }: { graceMs?: number } = {}): Promise<ProcessResult> {
    this.end('cancelled', graceMs);
    return this.exited;
  }

  signal(name: NodeJS.Signals): void {
    signalLeader(this.parts.group, name);
  }

  output(options: OutputOptions = {}): AsyncGenerator<OutputPiece, void, undefined> {
    return readOutput(this.parts.log, options);
  }

  orderedOutput(options: OrderedOptions = {}): AsyncGenerator<OrderedPiece, void, undefined> {
    return readOrdered(this.parts.log, options);
  }

  taken(stream: OutputStream, offset: number): void {
    this.parts.log.taken(stream, offset);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.state !== 'exited') await this.stop({ graceMs: 0 });
    await this.parts.log.close();
  }

  /** Resolves when its own process has ended, even if others remain. */
  get ownExit(): Promise<unknown> {
    return Promise.race([this.parts.spawned.exited, this.stuck.promise]);
  }

  /** Ends it for this cause, unless it has ended by itself. */
  end(cause: 'cancelled' | 'timedOut', graceMs = this.parts.graceMs): void {
    if (this.state === 'exited') return;
    if (this.state === 'running') this.cause = cause;
    void this.endAll(graceMs);
  }

  private endAll(graceMs: number): Promise<Ended> {
    this.killAtMs = Math.min(this.killAtMs, monotonicMs() + graceMs);
    this.state = 'ending';
    this.ending ??= this.endGroup();
    return this.ending;
  }

  private async endGroup(): Promise<Ended> {
    // Until the process has joined its cgroups, they look empty.
    await this.parts.spawned.launched.catch(() => {});
    const ended = await endGroup(this.parts.group, () => this.killAtMs);
    if (ended.survivors.includes(this.pid)) this.stuck.resolve({ exitCode: null, signal: null });
    return ended;
  }

  private async run(): Promise<ProcessResult> {
    const { spawned, group, log, release, startedAtMs, graceMs } = this.parts;
    const end = await Promise.race([spawned.exited, this.stuck.promise]);
    group.leaderEnded = true;
    const byItself = this.state === 'running';
    this.state = 'ending';
    const isClean = byItself && (await isEmpty(group));
    const { terminated, survivors } = isClean && !this.ending ? nobody : await this.endAll(graceMs);
    this.outputCut = await this.parts.output.finish(cutAfterMs);
    const usage = await group.usage();
    await group.remove();
    release();
    this.state = 'exited';
    this.result = {
      ...end,
      timedOut: this.cause === 'timedOut',
      outOfMemory: usage.outOfMemory,
      cancelled: this.cause === 'cancelled',
      durationMs: monotonicMs() - startedAtMs,
      outputBytes: log.totalBytes,
      cpuMs: usage.cpuMs,
      maxRssBytes: usage.peakMemoryBytes,
      leftRunning: byItself ? terminated.length : 0,
      leftPrograms: byItself ? terminated.map(({ name }) => name) : [],
      survivors,
    };
    return this.result;
  }
}

const nobody: Ended = { terminated: [], survivors: [] };

async function isEmpty(group: ProcessGroup): Promise<boolean> {
  const { members, complete } = await group.look();
  return complete && members.length === 0;
}
