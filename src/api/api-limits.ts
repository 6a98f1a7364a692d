/** Limits of the API. docs/limits.md describes the effect of each. */
export const apiLimits = {
  /** Size of one request: a submission of 256 KiB, as JSON. */
  maxRequestBytes: 1_048_576,
  /** Size of one message to a caller, if it can be divided. */
  maxMessageBytes: 1_048_576,
  /** Number of connections per socket. Further ones are closed at once. */
  maxConnections: 512,
  /** Number of concurrent calls per connection of HTTP/2. */
  maxStreams: 256,
  /** Number of concurrent watches, waits and followed outputs. */
  maxFollowers: 1_024,
  /** Number of lists, histories, outputs and records that are being read. */
  maxReaders: 1_024,
  /** Bytes waiting for one slow caller of a stream. */
  maxWaitingBytes: 8_388_608,
  /** Time until the complete request must have arrived. */
  requestMs: 10_000,
  /** Time for a stalled caller, after its status, to read again; then the connection is closed. */
  stalledMs: 10_000,
  /** Time that the end of the server waits for callers to read their status. */
  flushMs: 500,
  /** Events within this time are sent together. */
  batchMs: 50,
  /** Number of events in a batch. */
  maxBatchEvents: 1_000,
};

export type ApiLimits = Readonly<typeof apiLimits>;
