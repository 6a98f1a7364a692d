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
  /** The durable store that it uses, by its place in the history. */
  readonly store?: number | undefined;
  /** How often an older copy of that store had been restored before it started. */
  readonly putBacks?: number | undefined;
  /** In epoch ms. */
  readonly startedMs?: number | undefined;
}

/** A durable store, at the end. */
export interface StoreEnd {
  readonly jobs: readonly StoredJob[];
}

/** One process of a client; a name has several, one after the other. */
export interface ClientLife {
  readonly name: string;
  readonly lines: readonly Line[];
  /** Just before it was killed or stopped, in epoch ms as the `ts` of lines. Undefined if it survived. */
  readonly endedMs?: number | undefined;
}

/** The output of all processes of one run; servers and the clients of each name are in the order of their lives. */
export interface History {
  readonly servers: readonly ServerLife[];
  readonly clients: readonly ClientLife[];
  /** Durable stores. Default: none. */
  readonly stores?: readonly StoreEnd[];
  /** Jobs whose outcomes servers have acknowledged. */
  readonly acked?: ReadonlySet<string>;
}

/** A line about a command on a client, and the server that printed it, by its place in the history. */
interface Said {
  readonly line: Line;
  readonly server: number;
}

/** One command on one client: its fate according to all processes. */
export interface JobRecord {
  /** `ID/CLIENT` */
  readonly key: string;
  readonly id: string;
  readonly client: string;
  readonly said: readonly Said[];
  /** The lines among these that report its end. */
  readonly ends: readonly Said[];
  /** The client processes that started it, once for each time. */
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
