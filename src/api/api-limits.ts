/** Bounds of the API; docs/limits.md says what happens at each. */
export const apiLimits = {
  /** Bytes of one request: a submission of 256 KiB, as JSON. */
  maxRequestBytes: 1_048_576,
  /** Bytes of what is sent in one message, if it can be divided. */
  maxMessageBytes: 1_048_576,
  /** Connections of each socket. Further ones are closed at once. */
  maxConnections: 512,
  /** Calls at a time of a connection of HTTP/2. */
  maxStreams: 256,
  /** Watches, waits and followed outputs at a time. */
  maxFollowers: 1_024,
  /** Lists, histories, outputs and records that are read at a time. */
  maxReaders: 1_024,
  /** Bytes that wait for one slow caller of a stream. */
  maxWaitingBytes: 8_388_608,
  /** Until all of a request has arrived. */
  requestMs: 10_000,
  /** Until a stalled caller, who was told so, reads again; then the connection is closed. */
  stalledMs: 10_000,
  /** How long the end of the server waits for callers to read their status. */
  flushMs: 500,
  /** The events of this time go together. */
  batchMs: 50,
  /** Events of a batch. */
  maxBatchEvents: 1_000,
};

export type ApiLimits = Readonly<typeof apiLimits>;
