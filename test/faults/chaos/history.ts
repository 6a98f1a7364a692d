import type { StoredJob } from '../../../src/index.ts';
import type { Line } from '../../support/line-log.ts';
import { isBegun, isOutcome, jobKey } from '../matchers.ts';

/** One process of the server. `hung`: it did not end when its script had. */
export interface ServerLife {
  readonly lines: readonly Line[];
  readonly ended: 'killed' | 'finished' | 'hung';
  readonly exitCode: number | null;
  /** The lines of its script. */
  readonly typed?: readonly string[] | undefined;
  /** The durable store that it has, by its place in the history. */
  readonly store?: number | undefined;
  /** How often an older copy of that store had been put back before it began. */
  readonly putBacks?: number | undefined;
  /** In epoch ms. */
  readonly startedMs?: number | undefined;
}

/** A durable store, when all is over. */
export interface StoreEnd {
  readonly jobs: readonly StoredJob[];
}

/** One process of a client; of one name there are several, one after the other. */
export interface ClientLife {
  readonly name: string;
  readonly lines: readonly Line[];
  /** Just before it was killed or told to end, in epoch ms as the `ts` of lines. Undefined where it lived on. */
  readonly endedMs?: number | undefined;
}

/** All that the processes of one run have said, servers and the clients of each name in the order of their lives. */
export interface History {
  readonly servers: readonly ServerLife[];
  readonly clients: readonly ClientLife[];
  /** Durable stores. Default: none. */
  readonly stores?: readonly StoreEnd[];
  /** Jobs whose outcomes servers have acked. */
  readonly acked?: ReadonlySet<string>;
}

/** A line about a command on a client, and the server that said it, by its place in the history. */
interface Said {
  readonly line: Line;
  readonly server: number;
}

/** One command on one client: what became of it by the word of all processes. */
export interface JobRecord {
  /** `ID/CLIENT` */
  readonly key: string;
  readonly id: string;
  readonly client: string;
  readonly said: readonly Said[];
  /** Of these, the ones that say how it ended. */
  readonly ends: readonly Said[];
  /** The client processes that began it, once for each time. */
  readonly begunBy: readonly ClientLife[];
}

export function jobRecords({ servers, clients, stores = [] }: History): JobRecord[] {
  const said = Map.groupBy(
    servers.flatMap(({ lines }, server) => lines.filter(isOfJob).map((line) => ({ line, server }))),
    ({ line }) => jobKey(line),
  );
  const begun = Map.groupBy(
    clients.flatMap((life) => life.lines.filter(isBegun).map((line) => ({ line, life }))),
    ({ line }) => jobKey(line),
  );
  const stored = stores.flatMap(({ jobs }) => jobs.map(({ submission: { id }, client }) => `${id}/${client}`));
  return [...new Set([...said.keys(), ...begun.keys(), ...stored])].map((key) => {
    const [id = '', client = ''] = key.split('/');
    const ofJob = said.get(key) ?? [];
    const ends = ofJob.filter(({ line }) => isOutcome(line));
    return { key, id, client, said: ofJob, ends, begunBy: (begun.get(key) ?? []).map(({ life }) => life) };
  });
}

/** `rejected`, or the outcome of a result. */
export const outcomeOf = ({ type, outcome }: Line): string => outcome ?? type;

const jobTypes = ['accepted', 'rejected', 'result', 'output', 'progress', 'late'];
export const isOfJob = ({ type }: Line): boolean => jobTypes.includes(type);
