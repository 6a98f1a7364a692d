import type { StoredJob } from '../../../src/index.ts';
import type { Line } from '../../support/line-log.ts';
import { isBegun, jobKey } from '../matchers.ts';
import { type History, type JobRecord, outcomeOf } from './history.ts';
import { labelOf } from './hole-script.ts';
import type { Violation } from './violation.ts';

interface Stored {
  readonly job: StoredJob;
  readonly store: number;
}

/**
 * The rules if stores outlive their servers: they have each job and its only outcome, whichever process was killed
 * when.
 */
export function storedRule(history: History): (job: JobRecord) => Generator<Violation> {
  const { stores = [], acked = new Set() } = history;
  const all = Map.groupBy(
    stores.flatMap(({ jobs }, store) => jobs.map((job): Stored => ({ job, store }))),
    keyOfStored,
  );
  return function* checkStored(record) {
    const { key, begunBy } = record;
    const stored = all.get(key) ?? [];
    yield* checkTold(record, history);
    if (stored.length === 0) yield* checkUnknown(record, history);
    for (const { job, store } of stored) {
      const { settlement, late } = job;
      if (!settlement) {
        yield { rule: 'missing outcome', key, what: 'its store has no outcome' };
        continue;
      }
      const { outcome } = settlement;
      for (const { line, server } of record.ends) {
        const life = history.servers[server];
        if (life?.store !== store || outcomeOf(line) === outcome) continue;
        if (outcome === 'lost' && isPutBackAfter(history, server)) continue;
        yield { rule: 'two outcomes', key, what: `${outcomeOf(line)} was told, and ${outcome} is stored` };
      }
      const refused = outcome === 'rejected' || outcome === 'expired';
      if (refused && begunBy.length > 0)
        yield { rule: 'begun', key, what: `it was begun, and is stored as ${outcome}` };
      const isData = job.submission.kind === 'data';
      if (outcome === 'completed' && isData && begunBy.length === 0) {
        yield { rule: 'begun', key, what: 'it is stored as completed, and was never begun' };
      }
      const wasPutBack = history.servers.some((life) => life.store === store && (life.putBacks ?? 0) > 0);
      if (acked.has(key) && outcome === 'lost' && !late && !wasPutBack) {
        yield { rule: 'acked', key, what: 'its outcome was acked, and its store does not have it' };
      }
    }
    if (acked.has(key) && stored.length === 0 && !anyPutBack(history)) {
      yield { rule: 'acked', key, what: 'its outcome was acked, and no store has the job' };
    }
  };
}

/** One server reports an outcome; after an older copy was restored, another may report it again, or that it is lost. */
function* checkTold({ key, ends }: JobRecord, history: History): Generator<Violation> {
  const [first, ...others] = ends;
  if (!first) return;
  if (new Set(ends.map(({ server }) => server)).size < ends.length) {
    yield { rule: 'two outcomes', key, what: 'one server says twice how it ended' };
  }
  for (const { line, server } of others) {
    if (server === first.server) continue;
    const [one, other] = [history.servers[first.server], history.servers[server]];
    const isSame = contentOf(line) === contentOf(first.line);
    if (one?.store !== other?.store) {
      if (!isSame) yield { rule: 'two outcomes', key, what: `${contentOf(first.line)}, then ${contentOf(line)}` };
    } else if ((one?.putBacks ?? 0) === (other?.putBacks ?? 0)) {
      yield { rule: 'two outcomes', key, what: 'two servers over one store say how it ended' };
    } else if (!isSame && outcomeOf(line) !== 'lost') {
      yield { rule: 'two outcomes', key, what: `${contentOf(first.line)}, then ${contentOf(line)}` };
    }
  }
}

/** A job that no store has: only a restored older copy can have forgotten it. */
function* checkUnknown({ key, said, ends, begunBy }: JobRecord, history: History): Generator<Violation> {
  const servers = said.map(({ server }) => server);
  const isExcused = servers.length > 0 ? servers.some((one) => isPutBackAfter(history, one)) : anyPutBack(history);
  if (!isExcused) yield { rule: 'missing outcome', key, what: 'no store has it' };
  else if (ends.length === 0 && begunBy.some(({ endedMs }) => endedMs === undefined)) {
    yield { rule: 'missing outcome', key, what: 'its client lives and no store has it' };
  }
}

function isPutBackAfter({ servers }: History, server: number): boolean {
  const { store, putBacks = 0 } = servers[server] ?? {};
  return servers.some((other) => other.store === store && (other.putBacks ?? 0) > putBacks);
}

const anyPutBack = ({ servers }: History): boolean => servers.some(({ putBacks = 0 }) => putBacks > 0);

const keyOfStored = ({ job: { submission, client } }: Stored): string => `${submission.id}/${client}`;

const contentOf = ({ type, outcome, result, error, durationMs }: Line): string =>
  JSON.stringify({ type, outcome, result, error, durationMs });

/** Whether a line is about a job that was submitted to this server; undefined if no store knows it. */
export function ownershipOf({
  stores = [],
  servers,
  clients,
}: History): (line: Line, startedMs: number) => boolean | undefined {
  // A job that a client listed and the store does not know counts as submitted then, according to its record: it was
  // seen before.
  const seen = new Map<string, number>();
  for (const line of [...servers, ...clients].flatMap(({ lines }) => lines)) {
    const key = jobKey(line);
    if (line.ts !== undefined) seen.set(key, Math.min(line.ts, seen.get(key) ?? Number.POSITIVE_INFINITY));
  }
  const submitted = new Map(
    stores.flatMap(({ jobs }) =>
      jobs.map(({ submission, client, adopted }) => {
        const key = `${submission.id}/${client}`;
        return [key, adopted ? 0 : Math.min(submission.submittedAtMs, seen.get(key) ?? submission.submittedAtMs)];
      }),
    ),
  );
  return (line, startedMs) => {
    const atMs = submitted.get(jobKey(line));
    return atMs === undefined ? undefined : atMs >= startedMs;
  };
}

/** The last server over a store shows all of its jobs, and their outcomes. */
export function* checkListed({ servers, stores = [] }: History): Generator<Violation> {
  for (const [store, { jobs }] of stores.entries()) {
    const last = servers.findLast((life) => life.store === store);
    if (last?.ended !== 'finished') continue;
    const listed = last.lines.filter(({ type }) => type === 'job');
    const shown = new Map(listed.map((line) => [jobKey(line), line.outcome]));
    for (const { submission, client, settlement } of jobs) {
      // They are shown only on request.
      if (submission.kind === 'control') continue;
      const key = `${submission.id}/${client}`;
      if (shown.get(key) === settlement?.outcome && shown.has(key)) continue;
      yield { rule: 'listed', key, what: `jobs shows it as ${shown.get(key)}, and it is ${settlement?.outcome}` };
    }
  }
}

/** A line that a server refused was never started. */
export function* checkRefused({ servers, clients }: History): Generator<Violation> {
  const begun = new Set(clients.flatMap(({ lines }) => lines.filter(isBegun).map(({ message }) => message)));
  for (const { lines, typed = [] } of servers) {
    for (const { type, line, code } of lines) {
      const word = type === 'error' && typeof line === 'number' ? labelOf(typed[line - 1] ?? '') : undefined;
      if (word !== undefined && begun.has(word)) yield { rule: 'refused', what: `${word} was ${code}, and was begun` };
    }
  }
}
