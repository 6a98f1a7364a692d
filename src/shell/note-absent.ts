import { fewNames, foldNames } from '../fold-names.ts';
import { clientText } from '../place-name.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { Output } from './output/output.ts';
import { formatTime } from './parse/time.ts';

/** A client that is about to connect is not worth a line. */
export const noticeMs = 3_000;

interface Around {
  readonly service: Pick<JobService, 'list' | 'get' | 'clients'>;
  readonly output: Pick<Output, 'status'>;
  /** Time before the line, in ms. Default: 3 s. */
  readonly afterMs?: number;
}

/**
 * After some seconds, says which clients a command still waits for and until when. Says nothing if all are connected.
 * Disposing the result stops it.
 */
export function noteAbsent(number: number, { service, output, afterMs = noticeMs }: Around): Disposable {
  let isOver = false;
  const look = async (): Promise<void> => {
    const text = await absentText(number, service);
    if (text !== undefined && !isOver) output.status(text);
  };
  // A server that is away is reported otherwise.
  const timer = setTimeout(() => void look().catch(() => {}), afterMs).unref();
  return {
    [Symbol.dispose]() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

/** `4 ping waits until 2026-03-01 09:30:00 for w1, which is offline` */
async function absentText(number: number, service: Around['service']): Promise<string | undefined> {
  const [jobs, clients] = await Promise.all([service.list(), service.clients()]);
  const known = new Map(clients.map((client) => [client.name, client]));
  const isAway = (name: string | null) => name === null || (known.get(name)?.state ?? 'offline') === 'offline';
  const waiting = jobs.filter((job) => job.number === number && job.state === 'waiting' && !job.held);
  const absent = waiting.filter(({ client }) => isAway(client));
  const [first] = absent;
  if (!first) return undefined;
  const { expiresAtMs } = await service.get(first);
  const until = expiresAtMs === undefined ? '' : ` until ${formatTime(expiresAtMs)}`;
  const named = absent.filter(({ client }) => client !== null);
  const head = `${number} ${first.command} waits${until} for`;
  if (named.length === 0) return `${head} a suitable client`;
  const isNew = named.every(({ client }) => known.get(client ?? '')?.silentMs === undefined);
  const verb = named.length === 1 ? (isNew ? 'has' : 'is') : isNew ? 'have' : 'are';
  const why = isNew ? `${verb} never connected` : `${verb} offline`;
  return `${head} ${foldNames(named.map(clientText), fewNames)}, which ${why}`;
}
