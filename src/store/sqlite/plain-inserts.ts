import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { PlainRow } from './rows.ts';

/** Rows per statement, which makes the overhead of the statement small. */
const together = 16;

const submissionColumns = 'number, id, command, kind, actor, submitted_at_ms, audited_args, args';
const jobColumns = 'number, client, boot';

/** Inserts typical submissions with their single job. Unbound columns cost nothing. */
export class PlainInserts {
  private readonly one;
  private readonly many;
  private rows: PlainRow[] = [];

  constructor(database: DatabaseSync) {
    const statements = (rows: number) => ({
      submissions: insert(database, 'submissions', submissionColumns, rows),
      jobs: insert(database, 'jobs', jobColumns, rows),
    });
    this.one = statements(1);
    this.many = statements(together);
  }

  add(row: PlainRow): void {
    this.rows.push(row);
    if (this.rows.length === together) this.flush();
  }

  /** Inserts the rows that wait for a full statement. */
  flush(): void {
    const { rows } = this;
    if (rows.length === 0) return;
    this.rows = [];
    if (rows.length === together) run(this.many, rows);
    else for (const row of rows) run(this.one, [row]);
  }

  /** Called after the transaction was rolled back. */
  undone(): void {
    this.rows = [];
  }
}

function insert(database: DatabaseSync, table: string, columns: string, rows: number): StatementSync {
  const row = `(${columns.replaceAll(/\w+/g, '?')})`;
  return database.prepare(`INSERT INTO ${table} (${columns}) VALUES ${Array(rows).fill(row).join(', ')}`);
}

function run({ submissions, jobs }: Record<'submissions' | 'jobs', StatementSync>, rows: readonly PlainRow[]): void {
  submissions.run(...rows.flatMap((row) => row.slice(0, 8) as (string | number | Uint8Array | null)[]));
  jobs.run(...rows.flatMap(([number, , , , , , , , client, boot]) => [number, client, boot]));
}
