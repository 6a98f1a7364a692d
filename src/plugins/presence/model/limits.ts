/** Limits of presence. docs/limits.md describes their effects. */
export const presenceLimits = {
  /** TCP connections per listener. Further ones are closed at once. */
  maxConnections: 10_000,
  /** Concurrent calls per TCP connection. */
  maxStreams: 1_000,
  /** User streams per gateway. */
  maxUserStreams: 20_000,
  /** Streams per user, so that one user cannot exhaust `maxUserStreams`. */
  maxStreamsPerUser: 10,
  /** Users in the window on a server without PostgreSQL. */
  maxUsersInMemory: 200_000,
  /** Bytes per message. A `Pong` has 2. */
  maxMessageBytes: 1_024,
  /** Bytes of headers per call. */
  maxHeaderBytes: 16_384,
  /** Consecutive unanswered pings of a user. */
  maxUnanswered: 5,
  /** Pongs between two pings. */
  maxPongsPerPing: 10,
  /** Users with a row that waits for the store. */
  maxWaitingRows: 200_000,
  /** Rows per statement. */
  maxBatchRows: 10_000,
  /** Links of a traced count to the newest batches of gateways. */
  maxLinks: 32,
  /** Users that share a TCP connection; the default limit of HAProxy, for example. */
  maxUsersPerConnection: 100,
  /** Users of a swarm that connect concurrently. */
  maxConnecting: 250,
  /** A user reconnects after this time without a ping. */
  silentMs: 5_000,
  /** The same for the first ping. */
  connectMs: 20_000,
  /** Time until the first bytes of HTTP/2 on a TCP connection, and until a unary request is complete. */
  requestMs: 10_000,
  /** Time until a unary call is answered and the answer is sent. */
  callMs: 30_000,
  /** Time for a user to receive the status of a stream that has ended. */
  goodbyeMs: 5_000,
  /** A TCP connection is closed after this time without traffic. */
  idleMs: 300_000,
  /** Time at shutdown for users to receive their status. */
  flushMs: 500,
  /** Time at shutdown to store the last rows. */
  lastRowsMs: 3_000,
};

export type PresenceLimits = Readonly<typeof presenceLimits>;
