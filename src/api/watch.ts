import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  EventSchema,
  type WatchRequest,
  type WatchResponse,
  WatchResponseSchema,
} from '../../schemas/api/signalbox/v1/events_pb.js';
import { SignalboxError } from '../../schemas/errors.ts';
import type { Event } from '../plugin/observer.ts';
import type { CallContext } from './call-context.ts';
import { connectErrorOf } from './errors.ts';
import { eventMessage } from './event-message.ts';
import { Feed, type FeedItem } from './feed.ts';
import { wholeNumber } from './numbers.ts';
import { sizeOfEvent } from './size-of-event.ts';

type Batch = WatchResponse['$unknown'] & object;

/** The field `events` of a message, for as long as the event is kept: it is the same for all who watch. */
const encoded = new WeakMap<Event, Batch[number]>();

export async function* watch(request: WatchRequest, context: CallContext): AsyncGenerator<WatchResponse> {
  const { service, signal, drop, limits } = context;
  using _ = context.follow();
  const from = request.fromSeq === undefined ? undefined : wholeNumber(request.fromSeq, 'from_seq');
  const itemOf = context.isJson ? plain : binary;
  const feed = new Feed<Event | Batch[number]>({
    ...{ drop, limits, from },
    read: (next) => service.watch({ signal, ...(next !== undefined && { from: next }) }),
    itemOf: (event) => (isAskedFor(event, request) ? itemOf(event) : undefined),
  });
  try {
    yield create(WatchResponseSchema, { bootId: service.bootId, nextSeq: BigInt(feed.resumeFrom ?? 0) });
    for await (const items of feed.parts()) yield messageOf(items);
    throw new SignalboxError('closed', 'the server has ended; watch again from resume_from_seq');
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

const seqOf = (event: Event): number | undefined => ('seq' in event ? event.seq : undefined);

const plain = (event: Event): FeedItem<Event> => ({ item: event, bytes: sizeOfEvent(event), seq: seqOf(event) });

function binary(event: Event): FeedItem<Batch[number]> {
  let item = encoded.get(event);
  if (!item) {
    const data = new BinaryWriter().bytes(toBinary(EventSchema, eventMessage(event))).finish();
    item = { no: WatchResponseSchema.field.events.number, wireType: WireType.LengthDelimited, data };
    encoded.set(event, item);
  }
  return { item, bytes: item.data.length, seq: seqOf(event) };
}

/** Fields that a message does not know are written as they are: here, those that are encoded already. */
function messageOf(items: readonly (Event | Batch[number])[]): WatchResponse {
  const message = create(WatchResponseSchema);
  const ready = items.filter((item) => 'wireType' in item);
  if (ready.length > 0) message.$unknown = ready;
  message.events = items.filter((item) => 'type' in item).map(eventMessage);
  return message;
}
