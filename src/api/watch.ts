import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  EventSchema,
  type WatchRequest,
  type WatchResponse,
  WatchResponseSchema,
} from '../../schemas/api/signalbox/v1/events_pb.js';
import { eventMessage } from '../messages/event-message.ts';
import type { Event } from '../plugin/observer.ts';
import type { CallContext } from './call-context.ts';
import { connectErrorOf, endOfEvents } from './errors.ts';
import { Feed } from './feed.ts';
import { wholeNumber } from './numbers.ts';

/** Encodes events into messages, for one kind of caller. */
interface Encoding<Item> {
  /** Cached, because it is the same for all callers. */
  itemOf(event: Event): { readonly item: Item; readonly bytes: number };
  messageOf(items: readonly Item[], leftOut: boolean): WatchResponse;
  /** A message without events. */
  plain(message: WatchResponse): WatchResponse;
}

/** Events from a number on, or from now on, in batches. */
export function watch(request: WatchRequest, context: CallContext): AsyncGenerator<WatchResponse> {
  const { payloads } = context;
  return payloads ? watchIn(jsonFor(payloads), request, context) : watchIn(binary, request, context);
}

async function* watchIn<Item>(
  { itemOf, messageOf, plain }: Encoding<Item>,
  request: WatchRequest,
  context: CallContext,
): AsyncGenerator<WatchResponse> {
  const { service, signal, drop, limits } = context;
  using _ = context.follow();
  const from = request.fromSeq === undefined ? undefined : wholeNumber(request.fromSeq, 'from_seq');
  const feed = new Feed<Item>({
    ...{ drop, limits, from },
    ...(request.atOnce && { batchMs: 0 }),
    read: (next) => service.watch({ signal, ...(next !== undefined && { from: next }) }),
    itemOf: (event) =>
      isAskedFor(event, request) ? { ...itemOf(event), seq: 'seq' in event ? event.seq : undefined } : undefined,
  });
  try {
    yield plain(create(WatchResponseSchema, { bootId: service.bootId, nextSeq: BigInt(feed.resumeFrom ?? 0) }));
    for await (const items of feed.parts()) yield messageOf(items, feed.takeGap());
    throw endOfEvents(signal, 'watch again from resume_from_seq');
  } catch (error) {
    throw connectErrorOf(error, feed.resumeFrom);
  } finally {
    await feed[Symbol.asyncDispose]();
  }
}

function isAskedFor({ type }: Event, { output, records, progress }: WatchRequest): boolean {
  if (type === 'job.output') return output;
  if (type === 'job.records') return records;
  return type !== 'job.progress' || progress;
}

/** Computes a value once per event, and keeps it as long as the event exists. */
function once<Value>(make: (event: Event) => Value): (event: Event) => Value {
  const made = new WeakMap<Event, Value>();
  return (event) => {
    let value = made.get(event);
    if (value === undefined) {
      value = make(event);
      made.set(event, value);
    }
    return value;
  };
}

type Field = NonNullable<WatchResponse['$unknown']>[number];

/** Fields that a message does not know are written unchanged: here, the already encoded events. */
const binary: Encoding<Field> = {
  itemOf: once((event) => {
    const data = new BinaryWriter().bytes(toBinary(EventSchema, eventMessage(event))).finish();
    const item = { no: WatchResponseSchema.field.events.number, wireType: WireType.LengthDelimited, data };
    return { item, bytes: data.length };
  }),
  messageOf(items, leftOut) {
    const message = create(WatchResponseSchema, { leftOut });
    message.$unknown = [...items];
    return message;
  },
  plain: (message) => message,
};

const jsonOfEvent = once((event) => {
  const item = toJsonString(EventSchema, eventMessage(event));
  return { item, bytes: item.length };
});

/** JSON has no unknown fields: empty messages are placeholders, which the payloads replace in the response. */
function jsonFor(payloads: Buffer[]): Encoding<string> {
  const standIn = (json: string): WatchResponse => {
    payloads.push(Buffer.from(json));
    return create(WatchResponseSchema);
  };
  return {
    itemOf: jsonOfEvent,
    messageOf: (items, leftOut) => standIn(`{"events":[${items.join(',')}]${leftOut ? ',"leftOut":true' : ''}}`),
    plain: (message) => standIn(toJsonString(WatchResponseSchema, message)),
  };
}
