import {
  clientLayouts,
  type FromClient,
  type FromServer,
  type Message,
  serverLayouts,
  wordNumbers,
} from '../../schemas/index.ts';
import type { MessageWriter } from './message-writer.ts';

type Sent = FromClient | FromServer;
type Writers = { readonly [Type in Sent['type']]: (to: MessageWriter, message: Message<Sent, Type>) => void };

const { state: states, jobState: jobStates, outcome: outcomes, stream: streams } = wordNumbers;
const codes = Object.fromEntries(
  Object.entries({ ...clientLayouts, ...serverLayouts }).map(([type, { code }]) => [type, code]),
) as { readonly [Type in keyof typeof clientLayouts | keyof typeof serverLayouts]: number };

/** Writes each message with its fields in the order of its layout. */
const writers: Writers = {
  hello: (to, message) => to.handshake(message),
  welcome: (to, message) => to.handshake(message),
  refused: (to, message) => to.handshake(message),
  job: (to, { type: _, id, command, state, offsets, ...rest }) => {
    const hasRest = Object.values(rest).some((value) => value !== undefined);
    head(to, codes.job, 4, hasRest);
    to.id(id);
    to.text(command);
    to.number(jobStates[state]);
    to.plain(offsets);
    if (hasRest) to.plain(rest);
  },
  'jobs-end': (to, { elsewhere }) => {
    head(to, codes['jobs-end'], 1);
    to.number(elsewhere);
  },
  state: (to, { state }) => {
    head(to, codes.state, 1);
    to.number(states[state]);
  },
  accepted: (to, { id }) => {
    head(to, codes.accepted, 1);
    to.id(id);
  },
  rejected: (to, { id, error }) => {
    head(to, codes.rejected, 2);
    to.id(id);
    to.plain(error);
  },
  output: (to, { id, stream, offset, data }) => {
    head(to, codes.output, 4);
    to.id(id);
    to.number(streams[stream]);
    to.number(offset);
    to.binary(data);
  },
  'output-full': (to, { id, full }) => {
    head(to, codes['output-full'], 2);
    to.id(id);
    to.boolean(full);
  },
  progress: (to, { id, fraction, note }) => {
    head(to, codes.progress, 2, note !== undefined);
    to.id(id);
    to.number(fraction);
    if (note !== undefined) to.plain({ note });
  },
  // Fields are named one by one: copying the rest of a message costs more than writing most messages.
  result: (to, { id, outcome, durationMs, result, error, offsets, outputError, records }) => {
    const hasRest = (error ?? offsets ?? outputError ?? records) !== undefined;
    head(to, codes.result, 3, hasRest || result !== undefined);
    to.id(id);
    to.number(outcomes[outcome]);
    to.number(durationMs);
    if (hasRest) to.plain({ result, error, offsets, outputError, records });
    else if (result !== undefined) to.onlyResult(result);
  },
  'heartbeat-ack': (to, { seq, state, lagMs }) => {
    head(to, codes['heartbeat-ack'], 3);
    to.number(seq);
    to.number(states[state]);
    to.number(lagMs);
  },
  goodbye: (to, { reason }) => {
    head(to, codes.goodbye, 1);
    to.text(reason);
  },
  stale: (to, { id }) => {
    head(to, codes.stale, 1);
    to.id(id);
  },
  records: (to, { id, offset, values }) => {
    head(to, codes.records, 3);
    to.id(id);
    to.number(offset);
    to.plain(values);
  },
  about: (to, { labels, facts }) => {
    head(to, codes.about, 2);
    to.plain(labels);
    to.plain(facts);
  },
  command: (to, { id, name, args, sentMs, expiresInMs, timeoutMs, traceparent, standing }) => {
    const hasRest = (expiresInMs ?? timeoutMs ?? traceparent ?? standing) !== undefined;
    head(to, codes.command, 4, hasRest);
    to.id(id);
    to.text(name);
    to.plain(args);
    to.number(sentMs);
    if (hasRest) to.plain({ expiresInMs, timeoutMs, traceparent, standing });
  },
  cancel: (to, { id }) => {
    head(to, codes.cancel, 1);
    to.id(id);
  },
  signal: (to, { id, signal }) => {
    head(to, codes.signal, 2);
    to.id(id);
    to.text(signal);
  },
  'output-ack': (to, { id, stream, offset }) => {
    head(to, codes['output-ack'], 3);
    to.id(id);
    to.number(streams[stream]);
    to.number(offset);
  },
  fetch: (to, { id, from, records }) => {
    head(to, codes.fetch, 2, records !== undefined);
    to.id(id);
    to.plain(from);
    if (records !== undefined) to.plain({ records });
  },
  ack: (to, { ids }) => {
    head(to, codes.ack, 1);
    to.array(ids.length);
    for (const id of ids) to.id(id);
  },
  heartbeat: (to, { seq, sentMs }) => {
    head(to, codes.heartbeat, 2);
    to.number(seq);
    to.number(sentMs);
  },
  'records-ack': (to, { id, offset }) => {
    head(to, codes['records-ack'], 2);
    to.id(id);
    to.number(offset);
  },
};

/** @throws SignalboxError `message_too_large` or `bad_message` for a value that the protocol does not support. */
export function writeMessage(to: MessageWriter, message: Sent): void {
  const write = writers[message.type] as (to: MessageWriter, message: Sent) => void;
  write(to, message);
}

function head(to: MessageWriter, code: number, required: number, hasOptional = false): void {
  to.array(1 + required + (hasOptional ? 1 : 0));
  to.number(code);
}
