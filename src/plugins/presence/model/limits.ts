/** Bounds of presence; docs/limits.md says what happens at each. */
export const presenceLimits = {
  /** TCP connections of a listener. Further ones are closed at once. */
  maxConnections: 10_000,
  /** Calls at a time of one TCP connection. */
  maxStreams: 1_000,
  /** Streams of users of a gateway. */
  maxUserStreams: 20_000,
  /** Of these, streams of one user: one that has a token can keep no others out. */
  maxStreamsPerUser: 10,
  /** Users that a server without PostgreSQL knows in the window. */
  maxUsersInMemory: 200_000,
  /** Bytes of one message. A `Pong` has 2. */
  maxMessageBytes: 1_024,
  /** Bytes of the headers of one call. */
  maxHeaderBytes: 16_384,
  /** Pings that a user may leave unanswered, one after the other. */
  maxUnanswered: 5,
  /** Pongs between two pings. */
  maxPongsPerPing: 10,
  /** Users whose rows wait for the store. */
  maxWaitingRows: 200_000,
  /** Rows of one statement. */
  maxBatchRows: 10_000,
  /** Gateways whose newest batches a traced count links to. */
  maxLinks: 32,
  /** Users that share a TCP connection: HAProxy, for one, takes no more by default. */
  maxUsersPerConnection: 100,
  /** Users of a swarm that connect at a time. */
  maxConnecting: 250,
  /** A user that gets no ping for this time connects again. */
  silentMs: 5_000,
  /** The same for the first ping. */
  connectMs: 20_000,
  /** Until a TCP connection has sent the first of HTTP/2, and until a unary request has arrived. */
  requestMs: 10_000,
  /** Until a unary request is answered and the answer is taken. */
  callMs: 30_000,
  /** How long a stream that has ended waits for its user to take the status. */
  goodbyeMs: 5_000,
  /** A TCP connection on which nothing happens is closed. */
  idleMs: 300_000,
  /** How long the end waits for users to get their status. */
  flushMs: 500,
  /** How long the end waits for the last rows to be stored. */
  lastRowsMs: 3_000,
};

export type PresenceLimits = Readonly<typeof presenceLimits>;
