import { Code, ConnectError } from '@connectrpc/connect';
import type { Status } from '../../../../schemas/api/tenten/interview/service_pb.js';
import type { Tracer } from '../../../index.ts';
import { presenceLimits } from '../model/limits.ts';
import { saysOnline } from '../model/online.ts';
import type { UserSecret } from '../model/user-secret.ts';
import type { PresenceStore } from '../store/presence-store.ts';
import { beginBatch } from '../trace/begin-batch.ts';
import { type Metadata, userOf } from './admission.ts';
import { type Carrier, Connection } from './connection.ts';
import { type Dropped, type GatewayEvents, noEvents } from './gateway-events.ts';
import { Pinger } from './pinger.ts';
import { Recorder } from './recorder.ts';

const noRoom = 'the store of this gateway accepts no more users now';

export interface GatewayOptions {
  /** Stores who is online. */
  readonly store: Pick<PresenceStore, 'put' | 'prune'>;
  /** Verifies the tokens of users. Default: users need no token. */
  readonly secret?: UserSecret | undefined;
  readonly events?: GatewayEvents;
  /** Receives a span for each batch. */
  readonly tracer?: Tracer | undefined;
  /** The clock of pings and pongs. Default: the monotonic clock of this process. */
  readonly now?: () => number;
  /** Interval between two pings of a user, in ms. Default: 1,000. */
  readonly pingEveryMs?: number;
  /** Interval between two batches, in ms. Default: 1,000. */
  readonly storeEveryMs?: number;
  readonly limits?: Partial<Pick<typeof presenceLimits, 'maxUserStreams' | 'maxStreamsPerUser' | 'maxWaitingRows'>>;
}

/**
 * Pings its users and records who answers. Dispose it after its listener and before its store: disposal stores the remaining
 * rows.
 */
export class Gateway implements AsyncDisposable {
  private readonly secret: UserSecret | undefined;
  private readonly events: GatewayEvents;
  private readonly maxStreams: number;
  private readonly maxStreamsPerUser: number;
  private readonly pinger: Pinger<Connection>;
  private readonly recorder: Recorder;
  private readonly connectionsOf = new Map<string, number>();

  constructor(options: GatewayOptions) {
    const { store, secret, tracer, events = noEvents, now = () => performance.now(), pingEveryMs = 1_000 } = options;
    const { maxUserStreams, maxStreamsPerUser, maxWaitingRows } = { ...presenceLimits, ...options.limits };
    this.secret = secret;
    this.events = events;
    this.maxStreams = maxUserStreams;
    this.maxStreamsPerUser = maxStreamsPerUser;
    this.recorder = new Recorder(store, {
      ...{ events, now, maxRows: maxWaitingRows, everyMs: options.storeEveryMs ?? 1_000 },
      beginBatch: tracer && ((rows, nowMs) => beginBatch(tracer, rows, { nowMs, connections: this.connections })),
    });
    this.pinger = new Pinger<Connection>({
      ...{ now, everyMs: pingEveryMs, onPinged: (users, lateMs) => events.pinged(users, lateMs) },
      onSilent: (connection) => this.dropSilent(connection),
    });
  }

  /** Number of open streams. */
  get connections(): number {
    return this.pinger.size;
  }

  /** Number of users with an open stream. */
  get users(): number {
    return this.connectionsOf.size;
  }

  /** Number of rows that are not stored yet. */
  get waitingRows(): number {
    return this.recorder.waiting;
  }

  /**
   * Adds a stream of a user.
   * @param carrier transport for its pings
   * @throws ConnectError `invalid_argument`, `unauthenticated`, `resource_exhausted`
   */
  open(metadata: Metadata, carrier: Carrier): Connection {
    const userId = userOf(metadata, { secret: this.secret, events: this.events });
    if (this.pinger.size >= this.maxStreams)
      throw this.busy(`this gateway has ${this.maxStreams} users; try another one`);
    if ((this.connectionsOf.get(userId) ?? 0) >= this.maxStreamsPerUser)
      throw this.busy(`this user has ${this.maxStreamsPerUser} streams here`);
    if (!this.recorder.hasRoomFor(userId)) throw this.busy(noRoom);
    const connection = new Connection(userId, carrier, () => {
      this.pinger.leave(connection);
      const left = (this.connectionsOf.get(userId) ?? 0) - 1;
      if (left > 0) this.connectionsOf.set(userId, left);
      else this.connectionsOf.delete(userId);
    });
    this.pinger.join(connection);
    this.connectionsOf.set(userId, (this.connectionsOf.get(userId) ?? 0) + 1);
    return connection;
  }

  /** Handles the answer of a user. */
  pong(connection: Connection, status: Status): void {
    this.events.ponged(status);
    if (connection.pong() > presenceLimits.maxPongsPerPing) {
      const most = `${presenceLimits.maxPongsPerPing} pongs for one ping`;
      this.drop(connection, 'flooding', new ConnectError(`more than ${most}`, Code.ResourceExhausted));
    } else if (saysOnline(status) && !this.recorder.see(connection.userId)) {
      this.drop(connection, 'no_room', new ConnectError(noRoom, Code.ResourceExhausted));
    }
  }

  /** Handles an unreadable message of a user. */
  refuse(connection: Connection, error: ConnectError): void {
    this.drop(connection, 'bad_message', error);
  }

  /** Ends all streams with this status. */
  end(error: ConnectError): void {
    for (const connection of this.pinger.all()) connection.close(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.pinger.all()) connection.close();
    this.pinger[Symbol.dispose]();
    await this.recorder[Symbol.asyncDispose]();
  }

  private busy(why: string): ConnectError {
    this.events.refused('busy');
    return new ConnectError(why, Code.ResourceExhausted);
  }

  private dropSilent(connection: Connection): void {
    const why = `${connection.unanswered} pings were not answered`;
    this.drop(connection, 'unanswered', new ConnectError(why, Code.DeadlineExceeded));
  }

  private drop(connection: Connection, reason: Dropped, error: ConnectError): void {
    this.events.dropped(reason);
    connection.close(error);
  }
}
