import type { Event } from '../../plugin/observer.ts';
import { type Flows, hasFailed, type KnownRun, maxRuns } from './flows.ts';

/** Number of refreshes between two requests: no event announces a workflow without a schedule. */
const patience = 20;

type Schedules = Map<string, Flows['schedules'][number]>;

/** Workflows, runs and schedules of a server: queried at the start and after each use, and kept up to date by events. */
export class KnownFlows {
  private readonly ask: () => Promise<Flows>;
  private workflows: Flows['workflows'] = [];
  private schedules: Schedules = new Map();
  private runs = new Map<number, KnownRun>();
  /** Events during a query. */
  private early: Event[] | undefined;
  private isStale = false;
  private waits = 0;

  constructor(ask: () => Promise<Flows>) {
    this.ask = ask;
  }

  all(): Flows {
    this.isStale = true;
    return { workflows: this.workflows, schedules: [...this.schedules.values()], runs: [...this.runs.values()] };
  }

  /** Call it at each refresh. */
  async refresh(): Promise<void> {
    if (this.waits > 0) this.waits -= 1;
    else if (this.isStale) await this.fill();
  }

  /** Events during the query are newer than its answer. Without an answer, the known data stay. */
  async fill(): Promise<void> {
    const early: Event[] = [];
    this.early = early;
    this.isStale = false;
    this.waits = patience;
    const flows = await this.ask().catch(() => undefined);
    if (this.early !== early) return;
    this.early = undefined;
    if (!flows) return;
    this.workflows = flows.workflows;
    this.schedules = new Map(flows.schedules.map((one) => [one.schedule, one]));
    this.runs = new Map(flows.runs.map((one) => [one.run, one]));
    for (const event of early) this.event(event);
  }

  event(event: Event): void {
    this.early?.push(event);
    switch (event.type) {
      case 'schedule.loaded':
        this.schedules.set(event.schedule, event);
        break;
      case 'schedule.removed':
        this.schedules.delete(event.schedule);
        break;
      case 'workflow.started': {
        const failed = new Map(event.task === undefined ? [] : this.runs.get(event.run)?.failed);
        this.set({ ...event, state: 'running', questions: new Map(), failed });
        break;
      }
      case 'workflow.asked':
        this.change(event.run, event.task, { question: event.question });
        break;
      case 'workflow.answered':
        this.change(event.run, event.task, {});
        break;
      case 'workflow.task':
        this.change(event.run, event.task, hasFailed(event.state) ? { failed: event.state } : {});
        break;
      case 'workflow.ended': {
        const failed = this.runs.get(event.run)?.failed ?? new Map();
        this.set({ ...event, state: event.outcome, questions: new Map(), failed });
        break;
      }
    }
  }

  private set({ run, workflow, state, questions, failed }: KnownRun): void {
    this.runs.set(run, { run, workflow, state, questions, failed });
    const [oldest] = this.runs.keys();
    if (this.runs.size > maxRuns && oldest !== undefined) this.runs.delete(oldest);
  }

  private change(run: number, task: string, { question, failed }: { question?: string; failed?: string }): void {
    const known = this.runs.get(run);
    if (!known) return;
    const others = (map: ReadonlyMap<string, string>) => [...map].filter(([name]) => name !== task);
    this.runs.set(run, {
      ...known,
      questions: new Map([...others(known.questions), ...(question === undefined ? [] : [[task, question] as const])]),
      failed: new Map([...others(known.failed), ...(failed === undefined ? [] : [[task, failed] as const])]),
    });
  }
}
