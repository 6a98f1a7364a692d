import { create } from '@bufbuild/protobuf';
import {
  type OutputRequest,
  type OutputResponse,
  OutputResponseSchema,
} from '../../schemas/api/signalbox/v1/jobs_pb.js';
import type { Stream } from '../../schemas/index.ts';
import type { OutputRun } from '../kept-output.ts';
import type { JobKey } from '../plugin/job-service.ts';
import type { Event } from '../plugin/observer.ts';
import type { CallContext } from './call-context.ts';
import { endOfEvents } from './errors.ts';
import { Feed } from './feed.ts';
import { keyOf } from './job-key.ts';
import { wholeNumber } from './numbers.ts';

const maxPieceBytes = 262_144;

/** Output of a job from given offsets on and, with `follow`, further output until the job has an outcome. */
export async function* output(request: OutputRequest, context: CallContext): AsyncGenerator<OutputResponse> {
  const { service } = context;
  const job = keyOf(request.job);
  const { stdout = 0n, stderr = 0n } = request.from ?? {};
  const ends = { stdout: wholeNumber(stdout, 'from.stdout'), stderr: wholeNumber(stderr, 'from.stderr') };
  if (!request.follow) {
    using _ = context.read();
    yield* pieces(await service.output(job), ends);
    return;
  }
  using _ = context.follow();
  // Subscribe before reading, so that nothing is missed in between.
  await using feed = feedOf(job, context);
  yield* pieces(await service.output(job), ends);
  if ((await service.get(job)).state === 'settled') {
    yield* pieces(await service.output(job), ends);
    return;
  }
  for await (const runs of feed.parts()) {
    for (const run of runs) {
      if (run === 'settled') return;
      yield* pieces([run], ends);
    }
  }
  throw endOfEvents(context.signal, 'follow again from the last byte');
}

function feedOf(job: JobKey, { service, signal, drop, limits }: CallContext): Feed<OutputRun | 'settled'> {
  const isOfJob = (event: Event) =>
    'id' in event &&
    event.id === job.id &&
    (job.place === undefined ? event.client === job.client : event.place === job.place);
  return new Feed<OutputRun | 'settled'>({
    read: () => service.watch({ signal }),
    ...{ drop, limits },
    itemOf(event) {
      if (!isOfJob(event)) return undefined;
      if (event.type === 'job.output') return { item: event, bytes: event.data.length + 256 };
      return event.type === 'job.settled' ? { item: 'settled', bytes: 0 } : undefined;
    },
  });
}

/** The parts of these runs after `ends`, in pieces that fit into a message. Advances `ends`. */
function* pieces(runs: readonly OutputRun[], ends: Record<Stream, number>): Generator<OutputResponse> {
  for (const { stream, offset, data } of runs) {
    const end = offset + data.length;
    for (let at = Math.max(offset, ends[stream]); at < end; at += maxPieceBytes) {
      const piece = data.subarray(at - offset, at - offset + maxPieceBytes);
      yield create(OutputResponseSchema, { stream, offset: BigInt(at), data: new Uint8Array(piece) });
    }
    ends[stream] = Math.max(ends[stream], end);
  }
}
