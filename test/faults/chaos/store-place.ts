import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type JobStore, openSqliteStore, type StoredJob, type StoredSubmission } from '../../../src/index.ts';
import { openPostgresStore } from '../../../src/plugins/postgres/postgres-store.ts';
import { PostgresCluster } from '../../support/postgres-cluster.ts';

export const storeKinds = ['memory', 'sqlite', 'postgres'] as const;
export type StoreKind = (typeof storeKinds)[number];

/** Where servers keep their jobs. */
export interface StorePlace {
  readonly address: string;
  /** Its current contents, also while a server writes it. */
  copy(): StoreCopy;
  /** All of its jobs. No server holds it. */
  jobs(): Promise<StoredJob[]>;
}

/** An older state of a store. */
export interface StoreCopy {
  /** Restores it in place of the store, which no server holds. */
  putBack(): void;
}

/** The places of one run: files in a scratch folder, or schemas of its own cluster. */
export class Stores implements AsyncDisposable {
  private readonly kind: Exclude<StoreKind, 'memory'>;
  private readonly folder = mkdtempSync(join(tmpdir(), 'signalbox-chaos-'));
  private readonly cluster: PostgresCluster | undefined;
  private made = 0;

  private constructor(kind: Exclude<StoreKind, 'memory'>, cluster: PostgresCluster | undefined) {
    this.kind = kind;
    this.cluster = cluster;
  }

  static async open(kind: Exclude<StoreKind, 'memory'>): Promise<Stores> {
    return new Stores(kind, kind === 'postgres' ? await PostgresCluster.start() : undefined);
  }

  /** An empty one. */
  place(): StorePlace {
    this.made += 1;
    const name = `s${this.made}`;
    if (this.cluster) return postgresPlace(this.cluster, name);
    if (this.kind === 'sqlite') return sqlitePlace(join(this.folder, `${name}.db`));
    throw new Error('there is no PostgreSQL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster?.[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function sqlitePlace(path: string): StorePlace {
  let copies = 0;
  return {
    address: `sqlite:${path}`,
    copy() {
      copies += 1;
      const copy = `${path}.copy${copies}`;
      using database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
      database.exec(`VACUUM INTO '${copy}'`);
      return {
        putBack() {
          for (const end of ['-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
          copyFileSync(copy, path);
        },
      };
    },
    jobs: () => jobsOf(openSqliteStore({ path, readOnly: true })),
  };
}

function postgresPlace(cluster: PostgresCluster, schema: string): StorePlace {
  let copies = 0;
  const at = ['-h', cluster.folder, '-p', String(cluster.port), '-U', 'box', '-d', 'postgres'];
  return {
    address: cluster.address(`schema=${schema}`),
    copy() {
      copies += 1;
      const file = join(cluster.folder, `${schema}.copy${copies}`);
      cluster.run('pg_dump', [...at, '-n', schema, '-f', file]);
      return {
        putBack() {
          cluster.sql(`DROP SCHEMA ${schema} CASCADE`);
          cluster.run('psql', [...at, '-q', '-v', 'ON_ERROR_STOP=1', '-f', file]);
        },
      };
    },
    jobs: () => jobsOf(openPostgresStore(cluster.address(`schema=${schema}`))),
  };
}

async function jobsOf(opening: Promise<JobStore>): Promise<StoredJob[]> {
  await using store = await opening;
  const jobs: StoredJob[] = [];
  let submission: StoredSubmission | undefined;
  for await (const item of store.transfer?.export() ?? []) {
    if (item.type === 'submission') submission = item.submission;
    if (item.type === 'job' && submission) jobs.push({ ...item.job, submission });
  }
  return jobs;
}
