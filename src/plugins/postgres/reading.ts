import type {
  OutputRun,
  Page,
  StoredClient,
  StoredJob,
  StoredJobFilter,
  StoredJobKey,
  StoredSubmission,
} from '../../index.ts';
import { SignalboxError } from '../../index.ts';
import { type JobRow, jobColumns, of, submissionColumns, toStoredJobs } from './rows.ts';
import type { Session } from './session.ts';
import { toText, unpack } from './values.ts';

type Parameter = string | number | readonly string[];

/** An answer ends with the job that exceeds this size. The next answer has the rest. */
const maxBytes = 4_194_304;
export const maxRows = 1_000;

/** Conditions on `jobs j` and `submissions s`; `$?` stands for the next parameter. */
export class Conditions {
  readonly parameters: Parameter[] = [];
  private readonly texts: string[] = ['true'];

  add(text: string, ...values: readonly (Parameter | undefined)[]): this {
    if (values.includes(undefined)) return this;
    const rest = [...(values as Parameter[])];
    this.texts.push(text.replaceAll('$?', () => this.parameter(rest.shift() ?? '')));
    return this;
  }

  parameter(value: Parameter): string {
    return `$${this.parameters.push(value)}`;
  }

  get sql(): string {
    return this.texts.join(' AND ');
  }
}

interface Part {
  readonly rows: JobRow[];
  readonly isPart: boolean;
}

/** Jobs in order, with their submissions. One statement, so that all rows belong to the same snapshot. */
export async function selectJobs(
  session: Session,
  where: Conditions,
  { limit, direction, extra = [] }: { limit: number; direction: 'ASC' | 'DESC'; extra?: readonly string[] },
): Promise<Part & { extras: unknown[][] }> {
  const order = (alias: string) => `${alias}.number ${direction}, ${alias}.client ${direction}`;
  const sql = jobsQuery(where, limit, direction, extra);
  const rows = await session.query<[...JobRow, ...unknown[]]>(`${sql} ORDER BY ${order('p')}`, where.parameters);
  const width = jobColumns.length + submissionColumns.length + 2;
  const total = Number(rows[0]?.at(-1) ?? 0);
  return {
    rows: rows.slice(0, limit).map((row) => row.slice(0, width) as unknown as JobRow),
    extras: rows.map((row) => row.slice(width, -1)),
    isPart: total > Math.min(rows.length, limit),
  };
}

/** Selects sizes of large values, which does not read the values. */
export function jobsQuery(
  where: Conditions,
  limit: number,
  direction: 'ASC' | 'DESC',
  extra: readonly string[],
): string {
  const inner = [...jobColumns, ...extra, 'bytes'];
  return `SELECT ${of('p', jobColumns)}, ${of('s', submissionColumns)},
    CASE WHEN p.is_first THEN s.audited_args END, CASE WHEN p.is_first THEN s.args END
    ${extra.map((column) => `, p.${column}`).join('')}, p.total
  FROM (
    SELECT o.*, count(*) OVER () AS total,
      sum(o.bytes + CASE WHEN o.is_first THEN o.shared ELSE 0 END)
        OVER (ORDER BY o.number ${direction}, o.client ${direction} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
    FROM (
      SELECT i.*, row_number() OVER (PARTITION BY i.number ORDER BY i.client ${direction}) = 1 AS is_first
      FROM (
        SELECT ${of('j', inner)}, coalesce(octet_length(s.args), 0) + coalesce(octet_length(s.audited_args), 0) AS shared
        FROM jobs j JOIN submissions s ON s.number = j.number
        WHERE ${where.sql} ORDER BY j.number ${direction}, j.client ${direction} LIMIT ${limit + 1}
      ) i
    ) o
  ) p JOIN submissions s ON s.number = p.number
  WHERE coalesce(p.before, 0) <= ${maxBytes}`;
}

/** Conditions on the number apply to both tables: PostgreSQL does not derive one range from the other, and could read a whole table. */
const bothTables = ['j', 's'];

/** Conditions of a filter, without the position of a page. */
function conditionsOf(filter: StoredJobFilter): Conditions {
  const { client, command, actor, kind, number, id, sinceMs, outcomes, unsettled } = filter;
  const where = new Conditions()
    .add('j.client = $?', asText(client))
    .add('s.command = $?', asText(command))
    .add('s.actor = $?', asText(actor))
    .add('s.kind = $?', kind)
    .add('j.number = $?', number)
    .add('j.id = $?', asText(id))
    .add('s.submitted_at_ms >= $?', sinceMs)
    .add('j.outcome = ANY($?::text[])', outcomes);
  const first = '(SELECT number FROM submissions WHERE newest_ms >= $? ORDER BY newest_ms, number LIMIT 1)';
  for (const table of bothTables) where.add(`${table}.number >= ${first}`, sinceMs);
  return unsettled ? where.add('j.outcome IS NULL') : where;
}

const asText = (text: string | undefined): string | undefined => (text === undefined ? undefined : toText(text));

/** @param from `next` of the previous page. */
export function conditionsOfPage(filter: StoredJobFilter, from?: string): Conditions {
  const where = conditionsOf(filter);
  if (from === undefined) return where;
  const [, number, client] = /^(\d{1,16}) (\S+)$/.exec(from) ?? [];
  if (number === undefined) throw new SignalboxError('bad_usage', `${from} is not a valid page`);
  for (const table of bothTables) where.add(`${table}.number <= $?`, Number(number));
  return where.add('(j.number, j.client) < ($?, $?)', Number(number), client);
}

export async function list(session: Session, filter: StoredJobFilter, limit: number, from?: string): Promise<Page> {
  const where = conditionsOfPage(filter, from);
  const { rows, isPart } = await selectJobs(session, where, { limit, direction: 'DESC' });
  const jobs = toStoredJobs(rows);
  const last = jobs.at(-1);
  return { jobs, next: isPart && last ? `${last.submission.number} ${last.client}` : undefined };
}

/** All jobs that a condition selects, oldest first. */
export async function all(session: Session, condition: (where: Conditions) => Conditions): Promise<StoredJob[]> {
  const jobs: StoredJob[] = [];
  let known = new Map<number, StoredSubmission>();
  for (;;) {
    const last = jobs.at(-1);
    const where = condition(new Conditions()).add(
      '(j.number, j.client) > ($?, $?)',
      last?.submission.number ?? 0,
      last?.client ?? '',
    );
    const { rows, isPart } = await selectJobs(session, where, { limit: maxRows, direction: 'ASC' });
    jobs.push(...toStoredJobs(rows, known));
    if (!isPart) return jobs;
    // A submission can continue in the next part. Its jobs share the object of the first part.
    const newest = jobs.at(-1)?.submission;
    known = new Map(newest && [[newest.number, newest]]);
  }
}

export async function find(session: Session, keys: readonly StoredJobKey[]): Promise<StoredJob[]> {
  const found: StoredJob[] = [];
  for (let start = 0; start < keys.length; start += maxRows) {
    const part = keys.slice(start, start + maxRows);
    const [ids, clients] = [part.map(({ id }) => id), part.map(({ client }) => client)];
    const jobs = await all(session, (where) =>
      where.add('(j.id, j.client) IN (SELECT * FROM unnest($?::text[], $?::text[]))', ids, clients),
    );
    if (jobs.length < part.length) {
      const sent =
        '(j.sent_as, j.client) IN (SELECT * FROM unnest($?::text[], $?::text[])) AND j.sent_as = ANY($?::text[])';
      jobs.push(...(await all(session, (where) => where.add(sent, ids, clients, ids))));
    }
    const places = part.filter(({ client }) => client.startsWith('#'));
    if (places.length > 0) jobs.push(...(await findPlaces(session, places)));
    const tombstones = await session.query<[Buffer]>(
      'SELECT job FROM tombstones WHERE (id, client) IN (SELECT * FROM unnest($1::text[], $2::text[]))',
      [ids, clients],
    );
    // If the job exists again, it replaces its tombstone.
    const there = new Set(jobs.map(nameOf));
    const left = tombstones.map(([job]) => unpackTombstone(job));
    found.push(...jobs, ...left.filter((job) => !there.has(nameOf(job))));
  }
  return found;
}

const nameOf = ({ submission, client }: StoredJob): string => `${submission.id} ${client}`;

/** Places that have clients. */
async function findPlaces(session: Session, keys: readonly StoredJobKey[]): Promise<StoredJob[]> {
  const [ids, places] = [keys.map(({ id }) => id), keys.map(({ client }) => client)];
  const isAsked = "(j.id, '#' || j.place) IN (SELECT * FROM unnest($?::text[], $?::text[])) AND j.client NOT LIKE '#%'";
  return await all(session, (where) => where.add(`j.id = ANY($?::text[]) AND ${isAsked}`, ids, ids, places));
}

const absent = {
  actor: undefined,
  key: undefined,
  redacted: undefined,
  expiresAtMs: undefined,
  timeoutMs: undefined,
  traceparent: undefined,
  batch: undefined,
  targets: undefined,
};
const absentOfJob = {
  place: undefined,
  sentAs: undefined,
  vouched: undefined,
  bootId: undefined,
  settledAtMs: undefined,
  settlement: undefined,
  late: undefined,
};

/** Restores absent fields, as in all other jobs. */
export function unpackTombstone(packed: Buffer): StoredJob {
  const { submission, ...job } = unpack<StoredJob>(packed);
  return Object.assign({}, absentOfJob, job, { submission: Object.assign({}, absent, submission) });
}

export async function clients(session: Session): Promise<StoredClient[]> {
  const rows = await session.query<[string, string, boolean, number, string | null]>(
    'SELECT name, boot, named, seen_at_ms, about FROM clients ORDER BY name',
  );
  return rows.map(([name, bootId, named, seenAtMs, about]) => ({
    ...{ name, bootId, named, seenAtMs },
    ...(about !== null && { about: JSON.parse(about) as NonNullable<StoredClient['about']> }),
  }));
}

export async function outputOf(session: Session, { id, client }: StoredJobKey): Promise<readonly OutputRun[]> {
  const text = `SELECT output FROM jobs WHERE id = $1 AND (client = $2 OR '#' || place = $2)`;
  const [row] = await session.query<[Buffer | null]>(text, [id, client]);
  return row?.[0] ? unpack<readonly OutputRun[]>(row[0]) : [];
}
