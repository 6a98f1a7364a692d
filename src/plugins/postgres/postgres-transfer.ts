import type { StoredItem, StoreTransfer } from '../../index.ts';
import type { Address } from './address.ts';
import { exportItems } from './exporting.ts';
import { failureOf } from './failure.ts';
import type { Holding } from './holding.ts';
import { importItems } from './importing.ts';
import { bindIfOlder, keepsMark, timelineOf } from './last-commit.ts';
import { Session } from './session.ts';

/** Copying, closing and vacuuming may take long. */
const patient = { statementMs: 3_600_000, lockMs: 5_000, idleMs: 0 };

/** @param onImported called after an import, which changes the id of the store. */
export function createTransfer(address: Address, holding: Holding, onImported: () => Promise<void>): StoreTransfer {
  const run = async <Value>(work: (session: Session) => Promise<Value>): Promise<Value> => {
    try {
      await using session = await Session.open(address, patient);
      return await work(session);
    } catch (error) {
      throw failureOf(error, address);
    }
  };
  const transaction = (work: (session: Session) => Promise<void>): Promise<void> =>
    run(async (session) => {
      await session.query('BEGIN');
      await work(session);
      await session.query('COMMIT').catch((error) => {
        throw failureOf(error, address, 'commit');
      });
    });
  return {
    async *export() {
      const session = await Session.open(address, patient).catch((error) => {
        throw failureOf(error, address);
      });
      await using _ = session;
      try {
        yield* exportItems(session);
      } catch (error) {
        throw failureOf(error, address);
      }
    },
    async import(items) {
      // Errors of the other store are passed on unchanged.
      let theirs: { readonly error: unknown } | undefined;
      const guarded = async function* (): AsyncGenerator<StoredItem> {
        try {
          yield* items;
        } catch (error) {
          theirs = { error };
          throw error;
        }
      };
      await transaction(async (session) => {
        await holding.checkFree(session);
        await importItems(session, address, guarded());
      }).catch((error) => {
        throw theirs ? theirs.error : error;
      });
      await onImported();
    },
    async setClosed(reason) {
      const timeline = await run(timelineOf).catch(() => '');
      await transaction(async (session) => {
        await holding.checkFree(session);
        // A copy of this store will count as current. If this store is an older copy itself, its waiting jobs are bound first.
        await bindIfOlder(session, timeline);
        await session.query(`UPDATE store SET closed = $1, ${keepsMark}`, [reason ?? null]);
      });
    },
    vacuum: () =>
      run(async (session) => {
        await session.query('BEGIN');
        await holding.checkFree(session);
        await session.query('COMMIT');
        for (const table of ['jobs', 'submissions', 'entries', 'events', 'tombstones', 'clients']) {
          await session.query(`VACUUM (FULL, ANALYZE) ${table}`);
        }
      }),
  };
}
