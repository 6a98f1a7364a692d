import type { Line } from '../../support/line-log.ts';
import { type History, type JobRecord, outcomeOf } from './history.ts';
import type { Violation } from './violation.ts';

/**
 * Every job that a server has received or a client has started has ended, also according to the last server if it knew
 * the job.
 */
export function* checkEnds({ key, said, ends }: JobRecord, { servers }: History): Generator<Violation> {
  const last = servers.length - 1;
  if (ends.length === 0) yield { rule: 'missing outcome', key, what: 'no server says how it ended' };
  else if (said.some(({ server }) => server === last) && !ends.some(({ server }) => server === last)) {
    yield { rule: 'missing outcome', key, what: 'the last server knew of it and does not say how it ended' };
  }
}

/** No server reports the end of a job twice. A server after a crash may repeat an earlier report unchanged. */
export function* checkRepeats({ key, ends }: JobRecord, { servers }: History): Generator<Violation> {
  const [first, ...others] = ends;
  if (!first) return;
  if (new Set(ends.map(({ server }) => server)).size < ends.length) {
    yield { rule: 'two outcomes', key, what: 'one server says twice how it ended' };
  }
  for (const { line, server } of others) {
    if (contentOf(line) !== contentOf(first.line)) {
      yield { rule: 'two outcomes', key, what: `${contentOf(first.line)}, then ${contentOf(line)}` };
    }
    if (server === first.server) continue;
    if (line.adopted !== true) yield { rule: 'two outcomes', key, what: 'the repeat does not say that it is adopted' };
    if (servers[first.server]?.ended !== 'killed') {
      yield { rule: 'two outcomes', key, what: 'it is repeated, and the server that said it first was not killed' };
    }
  }
}

/** According to the logs of the clients: nothing starts twice, refused jobs never started, and completed ones did. */
export function* checkBegun({ key, ends, begunBy }: JobRecord): Generator<Violation> {
  if (begunBy.length > 1) yield { rule: 'begun twice', key, what: `it was begun ${begunBy.length} times` };
  for (const { line } of ends) {
    const outcome = outcomeOf(line);
    if (begunBy.length > 0 && (outcome === 'rejected' || outcome === 'expired')) {
      yield { rule: 'begun', key, what: `it was begun, and is said to be ${outcome}` };
    }
    if (begunBy.length === 0 && outcome === 'completed' && !isControl(line)) {
      yield { rule: 'begun', key, what: 'it is said to be completed, and was never begun' };
    }
  }
}

/** The fields that must be the same in a repeated report. */
const contentOf = ({ type, outcome, result, error, durationMs }: Line): string =>
  JSON.stringify({ type, outcome, result, error, durationMs });

const isControl = ({ command = '' }: Line): boolean => ['start', 'stop', 'terminate'].includes(command);
