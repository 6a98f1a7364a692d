import type { DatabaseSync } from 'node:sqlite';
import { BlockIndex } from './block-index.ts';
import { insertInto } from './columns.ts';
import { StoreFailure } from './failure.ts';
import { OpenBlocks } from './open-blocks.ts';
import type { ImportRow } from './rows.ts';

/** Fills an empty store, within a transaction of the caller. */
export class Importer {
  private readonly database: DatabaseSync;
  private readonly statements;
  private readonly index: BlockIndex;
  private readonly open: OpenBlocks;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.index = new BlockIndex(database);
    this.open = new OpenBlocks(database);
    const prepare = (sql: string) => database.prepare(sql);
    this.statements = {
      store: prepare('UPDATE store SET id = ?, next_number = ?'),
      epoch: prepare('INSERT OR IGNORE INTO epochs (epoch) VALUES (?)'),
      client: prepare(insertInto('clients')),
      submission: prepare(insertInto('submissions')),
      job: prepare(insertInto('jobs')),
      output: prepare('INSERT INTO outputs (number, client, runs) VALUES (?, ?, ?)'),
      tombstone: prepare('INSERT INTO tombstones (client, id, boot, rows) VALUES (?, ?, ?, ?)'),
      entry: prepare(`INSERT INTO entries (collection, key, value, due_at_ms, version)
        VALUES (?, ?, ?, ?, (SELECT next_version FROM store))`),
      events: prepare('INSERT INTO events (first_seq, last_seq, newest_at_ms, packed) VALUES (?, ?, ?, ?)'),
      version: prepare('UPDATE store SET next_version = next_version + 1'),
      word: prepare('INSERT INTO entry_words (collection, key, word, value) VALUES (?, ?, ?, ?)'),
    };
  }

  /** @throws StoreFailure `bad_store` */
  checkEmpty(path: string): void {
    const used = ['epochs', 'submissions', 'tombstones', 'entries', 'events'].filter((table) =>
      this.database.prepare(`SELECT 1 FROM ${table} LIMIT 1`).get(),
    );
    if (used.length === 0) return;
    throw new StoreFailure('bad_store', `${path} is not empty, so nothing can be imported into it; name a new file`);
  }

  add(rows: readonly ImportRow[]): void {
    this.open.begin();
    for (const row of rows) this.addOne(row);
    this.index.flush();
  }

  private addOne(row: ImportRow): void {
    const { statements } = this;
    if (row[0] === 'store') statements.store.run(row[1], row[2]);
    else if (row[0] === 'epoch') statements.epoch.run(row[1]);
    else if (row[0] === 'client') statements.client.run(...row[1]);
    else if (row[0] === 'submission') {
      statements.submission.run(...row[1]);
      this.index.submission(row[1]);
    } else if (row[0] === 'job') {
      const [, job, output] = row;
      statements.job.run(...job);
      this.index.job(job);
      const [number, , , , , , , , , , outcome] = job;
      if (outcome === null) this.open.opened(number);
      if (output) statements.output.run(job[0], job[1], output);
    } else if (row[0] === 'tombstone') {
      const [, client, id, boot, rows] = row;
      statements.tombstone.run(client, id, boot, rows);
    } else if (row[0] === 'events') {
      const [, ...events] = row;
      statements.events.run(...events);
    } else {
      const [collection, key, json, dueAtMs, words] = row[1];
      statements.entry.run(collection, key, json, dueAtMs);
      statements.version.run();
      for (const [word, value] of words) statements.word.run(collection, key, word, value);
    }
  }
}
