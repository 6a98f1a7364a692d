import type { Again, Head, StoredAttempt, TaskRecord } from './run-record.ts';
import { type RunStore, recordOf, taskKeyOf, type Versioned } from './run-store.ts';

/** The part of a task's record that counts. After a retry of a need, earlier attempts do not count. */
export interface Round {
  readonly attempts: readonly StoredAttempt[];
  /** Number of attempts before these. */
  readonly made: number;
  /** Number of `attempts` before the requested one. */
  readonly asked?: number;
  readonly approval?: TaskRecord['approval'];
  /** For whom it acts. */
  readonly actor: string;
  /** Why nothing more is sent for this actor. */
  readonly stopReason?: string | undefined;
}

/** The stored data of one run, and its writes. */
export class RunRecords {
  private readonly store: RunStore;
  private readonly tasks: Map<string, Versioned<TaskRecord>>;
  private current: Versioned<Head>;

  constructor(store: RunStore, head: Versioned<Head>, tasks: ReadonlyMap<string, Versioned<TaskRecord>>) {
    this.store = store;
    this.current = head;
    this.tasks = new Map(tasks);
  }

  get head(): Head {
    return this.current.value;
  }

  taskOf(task: string): TaskRecord {
    return recordOf(this.tasks, this.head.run, task).value;
  }

  roundOf(task: string): Round {
    const { attempts, approval } = this.taskOf(task);
    const { head } = this;
    const first = { actor: head.actor, from: 0, round: 0 };
    const { actor, from, asked, round }: Again = head.again?.[task] ?? first;
    const stopReason = head.gone?.[actor]?.reason;
    return {
      ...{ attempts: attempts.slice(from), made: from, actor },
      ...(stopReason !== undefined && { stopReason }),
      ...(asked !== undefined && { asked: asked - from }),
      ...(approval && (approval.round ?? 0) === round && { approval }),
    };
  }

  async writeApproval(task: string, approval: Omit<NonNullable<TaskRecord['approval']>, 'round'>): Promise<void> {
    const round = this.head.again?.[task]?.round;
    await this.writeTask(task, {
      ...this.taskOf(task),
      approval: { ...approval, ...(round !== undefined && { round }) },
    });
  }

  /** @throws SignalboxError `unavailable`, `store_in_use` */
  async writeHead(head: Head): Promise<void> {
    this.current = await this.store.writeHead(this.current, head);
  }

  /** @throws SignalboxError `unavailable`, `store_in_use` */
  async writeTask(task: string, record: TaskRecord): Promise<void> {
    const { run } = this.head;
    const before = recordOf(this.tasks, run, task);
    this.tasks.set(taskKeyOf(run, task), await this.store.writeTask(run, task, before, record));
  }
}
