import type { Line } from '../../support/line-log.ts';
import { isAccepted, isOutcome, jobKey } from '../matchers.ts';
import { isOfJob, outcomeOf, type ServerLife } from './history.ts';
import type { Violation } from './violation.ts';

const outcomes = ['completed', 'failed', 'cancelled', 'rejected', 'expired', 'lost'] as const;

/** After a restart a target can be unknown, and so can a job to cancel; the script itself has no other errors. */
const allowedErrors = ['no_such_target', 'no_such_job'];

/** Whether a line is about a job that was submitted to the server that started then; undefined if unknown. */
type IsOwn = (line: Line, startedMs: number) => boolean | undefined;

/**
 * The rules for the output of one server, line by line.
 * @param isOwn if a store outlives the server: it also has jobs of earlier ones.
 */
export function* checkServer(server: ServerLife, isOwn?: IsOwn): Generator<Violation> {
  for (const [at, { type, data, error, code }] of server.lines.entries()) {
    const isCutShort = server.ended === 'killed' && at === server.lines.length - 1;
    if (type === 'text' && !isCutShort) yield { rule: 'error', what: `a line that is no JSON: ${data}` };
    if (type === 'error' && !allowedErrors.includes(String(code))) {
      yield { rule: 'error', what: `an error about the script: ${JSON.stringify({ code, error })}` };
    }
  }
  const ofJobs = server.lines.filter(isOfJob);
  const ownership = (line: Line) => {
    if (line.adopted === true) return false;
    return isOwn ? isOwn(line, server.startedMs ?? 0) : true;
  };
  const isOurs = (line: Line) => ownership(line) === true;
  const boots = (ours: boolean) =>
    new Set(ofJobs.filter((line) => ownership(line) === ours).map(({ id = '' }) => id.split('.')[0]));
  if (boots(true).size > 1 || [...boots(true)].some((boot) => boots(false).has(boot))) {
    yield { rule: 'error', what: 'it takes jobs of another server for its own, or its own for those of another' };
  }
  const jobs = Map.groupBy(ofJobs, jobKey);
  for (const [key, lines] of jobs) {
    yield* checkOrder(key, lines);
    yield* checkOutput(key, lines);
  }
  yield* checkSummary(server, isOurs);
}

/** Accepted at most once, and only a late result after the end. */
function* checkOrder(key: string, lines: readonly Line[]): Generator<Violation> {
  if (lines.filter(isAccepted).length > 1)
    yield { rule: 'two outcomes', key, what: 'one server says twice that it was accepted' };
  const end = lines.findIndex(isOutcome);
  if (end < 0) return;
  for (const { type } of lines.slice(end + 1)) {
    const isLate = type === 'late' && lines[end]?.outcome === 'lost';
    if (!isLate && type !== 'result' && type !== 'rejected') {
      yield { rule: 'said after the end', key, what: `${type} after its outcome` };
    }
  }
}

/** Output is complete and in order, each byte once. Test clients write ASCII. */
function* checkOutput(key: string, lines: readonly Line[]): Generator<Violation> {
  let at = 0;
  for (const { offset, data = '' } of lines.filter(({ type }) => type === 'output')) {
    if (offset !== at) yield { rule: 'output', key, what: `output at ${offset} where ${at} was due` };
    at = (offset ?? 0) + data.length;
  }
  const lost = lines.find(({ lostOutput }) => lostOutput !== undefined)?.lostOutput;
  if (lost !== undefined) yield { rule: 'output', key, what: `output was lost: ${JSON.stringify(lost)}` };
}

/** The summary comes last, once, and counts what this server has sent: adopted jobs are not in it. */
function* checkSummary({ lines, ended, exitCode }: ServerLife, isOurs: (line: Line) => boolean): Generator<Violation> {
  if (ended === 'killed') return;
  if (ended === 'hung') yield { rule: 'summary', what: 'the server did not end with its script' };
  const said = lines.findIndex(({ type }) => type === 'summary');
  const summary = lines[said];
  if (!summary || said < lines.length - 1) yield { rule: 'summary', what: 'the last line is not the summary' };
  if (!summary) return;
  const own = lines.filter((line) => isOutcome(line) && isOurs(line)).map(outcomeOf);
  const counted = Object.fromEntries(outcomes.map((outcome) => [outcome, own.filter((one) => one === outcome).length]));
  const told = Object.fromEntries(outcomes.map((outcome) => [outcome, summary[outcome]]));
  if (JSON.stringify(counted) !== JSON.stringify(told)) {
    yield { rule: 'summary', what: `it says ${JSON.stringify(told)}, and its lines ${JSON.stringify(counted)}` };
  }
  if (summary.exitCode !== exitCode) {
    yield { rule: 'summary', what: `it says exit code ${summary.exitCode}, and the process ended with ${exitCode}` };
  }
}
