import type { FromClient, FromServer, Message } from './messages.ts';

/**
 * The array form of a message on the wire: `[code, ...required, { optional fields }]`. The map is omitted if it would be
 * empty. The optional fields are the other fields of the schema.
 */
export interface Layout<Field extends string = string> {
  /** The number of the message type. */
  readonly code: number;
  /** The fields that follow the code, in order. */
  readonly required: readonly Field[];
}

type Layouts<Union extends { type: string }, Maps extends string> = {
  readonly [Type in Exclude<Union['type'], Maps>]: Layout<Exclude<keyof Message<Union, Type> & string, 'type'>>;
};

/** Layouts of the messages that a client sends. `hello` is sent as a map. */
export const clientLayouts: Layouts<FromClient, 'hello'> = {
  job: { code: 1, required: ['id', 'command', 'state', 'offsets'] },
  'jobs-end': { code: 2, required: ['elsewhere'] },
  state: { code: 3, required: ['state'] },
  accepted: { code: 4, required: ['id'] },
  rejected: { code: 5, required: ['id', 'error'] },
  output: { code: 6, required: ['id', 'stream', 'offset', 'data'] },
  'output-full': { code: 7, required: ['id', 'full'] },
  progress: { code: 8, required: ['id', 'fraction'] },
  result: { code: 9, required: ['id', 'outcome', 'durationMs'] },
  'heartbeat-ack': { code: 10, required: ['seq', 'state', 'lagMs'] },
  goodbye: { code: 11, required: ['reason'] },
  stale: { code: 12, required: ['id'] },
  records: { code: 13, required: ['id', 'offset', 'values'] },
  about: { code: 14, required: ['labels', 'facts'] },
};

/** Layouts of the messages that a server sends. `welcome` and `refused` are sent as maps. */
export const serverLayouts: Layouts<FromServer, 'welcome' | 'refused'> = {
  command: { code: 32, required: ['id', 'name', 'args', 'sentMs'] },
  cancel: { code: 33, required: ['id'] },
  signal: { code: 34, required: ['id', 'signal'] },
  'output-ack': { code: 35, required: ['id', 'stream', 'offset'] },
  fetch: { code: 36, required: ['id', 'from'] },
  ack: { code: 37, required: ['ids'] },
  heartbeat: { code: 38, required: ['seq', 'sentMs'] },
  'records-ack': { code: 39, required: ['id', 'offset'] },
};

/** Words that are sent as numbers in required fields. In maps they are sent as text. */
export const wordNumbers = {
  state: { unready: 0, ready: 1, terminating: 2 },
  jobState: { running: 0, settled: 1 },
  outcome: { completed: 0, failed: 1, cancelled: 2, expired: 3 },
  /** The numbers of the file descriptors. */
  stream: { stdout: 1, stderr: 2 },
} as const;
