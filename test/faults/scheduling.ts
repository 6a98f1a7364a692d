import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startClient } from '../support/library.ts';
import { newFolder } from '../support/new-folder.ts';
import { ChildProgram } from '../support/program.ts';

const program = fileURLToPath(new URL('scheduling-server.ts', import.meta.url));

/** A line of the server. */
export interface ScheduleLine {
  readonly type: string;
  readonly schedule: string;
  readonly plannedMs: number;
  readonly lastMs?: number;
  readonly count?: number;
  readonly reason?: string;
  readonly run?: number;
  readonly nextMs?: readonly number[];
  readonly outcome?: string;
}

/** A folder of workflows, a client, and servers that carry out the schedules one after the other. */
export class SchedulingScene implements AsyncDisposable {
  readonly folder = newFolder();
  readonly flows = join(this.folder, 'flows');
  private readonly bind = `ipc://${join(this.folder, 'server.sock')}`;
  private readonly opened: AsyncDisposableStack;

  private constructor(opened: AsyncDisposableStack) {
    this.opened = opened;
    mkdirSync(this.flows);
  }

  /** @param files the workflows by their names. */
  static async open(files: Readonly<Record<string, string>>): Promise<SchedulingScene> {
    await using opening = new AsyncDisposableStack();
    const scene = new SchedulingScene(opening.move());
    for (const [name, text] of Object.entries(files)) writeFileSync(join(scene.flows, `${name}.yaml`), text);
    scene.opened.use(await startClient({ endpoint: scene.bind }, { name: 'w1', allow: ['run', 'ping'] }));
    return scene;
  }

  /** @param clockMs the offset of its clock. */
  start({ store = join(this.folder, 'store.db'), clockMs = 0 } = {}): SchedulingServer {
    return new SchedulingServer([program, store, this.bind, this.flows, String(clockMs)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened.disposeAsync();
  }
}

/** A server that reports the result of each planned time. */
export class SchedulingServer extends ChildProgram {
  constructor(args: readonly string[]) {
    super(process.execPath, args);
  }

  /** What it has said so far. */
  get told(): ScheduleLine[] {
    return this.out.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }

  /** The planned times of a schedule that were started, in order of their start. */
  startedOf(schedule: string): number[] {
    const started = this.told.filter((line) => line.type === 'schedule.started' && line.schedule === schedule);
    return started.map(({ plannedMs }) => plannedMs);
  }

  /** Its output once it has loaded this many schedules. */
  async loaded(count: number): Promise<ScheduleLine[]> {
    for (;;) {
      const loaded = this.told.filter(({ type }) => type === 'schedule.loaded');
      if (loaded.length >= count) return loaded;
      await setTimeout(100);
    }
  }

  /** Its figures since the last time. */
  async figures(): Promise<string> {
    const from = this.out.length;
    this.type('figures');
    return await this.more(from, /"figures"/);
  }

  setClock(ms: number): void {
    this.type(`clock ${ms}`);
  }
}
