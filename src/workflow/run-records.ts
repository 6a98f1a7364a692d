import type { Head, TaskRecord } from './run-record.ts';
import { type RunStore, recordOf, taskKeyOf, type Versioned } from './run-store.ts';

/** What the store has of one run, and its writes. */
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
