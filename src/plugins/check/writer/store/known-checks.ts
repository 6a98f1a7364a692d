import type { Session } from '../../../postgres/session.ts';
import type { ResultMessage } from '../../kafka/result-message.ts';

/** The fields that all results of a check share. */
export interface KnownCheck {
  readonly id: number;
  readonly url: string;
}

const maxKnown = 100_000;

// Existing checks do not consume values of the sequence.
const insert = `INSERT INTO checks (name, client, url)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS given (name, client, url)
    WHERE NOT EXISTS (SELECT FROM checks c WHERE c.name = given.name AND c.client = given.client)
    ORDER BY name, client
  ON CONFLICT (name, client) DO NOTHING`;
const find = `SELECT c.name, c.client, c.id, c.url
  FROM checks c JOIN unnest($1::text[], $2::text[]) AS given (name, client) USING (name, client)`;

/** Cache of the checks in the database. */
export class KnownChecks {
  private known = new Map<string, KnownCheck>();

  /** @returns undefined before `meet` */
  of({ check, client }: ResultMessage): KnownCheck | undefined {
    return this.known.get(keyOf(check, client));
  }

  /** Creates missing checks. Call outside of a transaction, so that the cache contains committed checks only. */
  async meet(session: Session, results: readonly ResultMessage[]): Promise<void> {
    if (this.known.size > maxKnown) this.forget();
    const unknown = new Map(
      results.filter((result) => !this.of(result)).map((result) => [keyOf(result.check, result.client), result]),
    );
    if (unknown.size === 0) return;
    const list = [...unknown.values()];
    const keys = [list.map(({ check }) => check), list.map(({ client }) => client)];
    await session.query(insert, [...keys, list.map(({ url }) => url)]);
    for (const [name, client, id, url] of await session.query<[string, string, number, string]>(find, keys)) {
      this.known.set(keyOf(name, client), { id, url });
    }
  }

  /** Clears the cache, for example because the database may be another one. */
  forget(): void {
    this.known = new Map();
  }
}

const keyOf = (check: string, client: string): string => JSON.stringify([check, client]);
