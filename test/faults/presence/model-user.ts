import { setTimeout as passing } from 'node:timers/promises';
import { Status } from '../../../schemas/api/tenten/interview/service_pb.js';
import { saysOnline } from '../../../src/plugins/presence/model/online.ts';
import { GrpcUser } from '../../plugins/presence/grpc-user.ts';
import type { Random } from '../../support/random.ts';
import type { Life, PongModel } from './pong-model.ts';

/** Without a ping for this time a user goes to another gateway. */
const silentMs = 2_500;

interface Place {
  readonly address: string;
  readonly life: Life;
}

interface UsersOptions {
  readonly model: PongModel;
  readonly random: Random;
  readonly places: readonly [Place, ...Place[]];
}

interface UserOptions extends UsersOptions {
  /** Its answers, one of which is chosen at random. */
  readonly answers: readonly [Status | undefined, ...(Status | undefined)[]];
}

const either = [Status.EVEN, Status.ODD] as const;
/** How ten users answer. */
const manners: readonly UserOptions['answers'][] = [
  ...Array.from({ length: 6 }, () => either),
  ...([[Status.UNKNOWN], [Status.EVEN, Status.UNKNOWN, undefined], [undefined], [Status.ODD, undefined]] as const),
];

/** Users who join and leave until this is disposed; five of them have two connections at a time. */
export function addUsers(count: number, options: UsersOptions): AsyncDisposable {
  const ending = new AbortController();
  const users = Array.from({ length: count + 5 }, async (_, at) => {
    const answers = manners[at % manners.length] ?? either;
    await beUser(`user-${at % count}`, { ...options, answers }, ending.signal);
  });
  return {
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all(users);
    },
  };
}

/** Connects, answers, leaves and reconnects to any gateway, until `signal` aborts. */
async function beUser(userId: string, options: UserOptions, signal: AbortSignal): Promise<void> {
  const { random, places } = options;
  while (!signal.aborted) {
    const place = random.pick(places);
    const hasLeft = await stay(userId, { ...options, place }, random.int(1_000, 15_000), signal);
    const ms = hasLeft ? random.int(500, 8_000) : random.int(50, 300);
    await passing(ms, undefined, { signal }).catch(() => {});
  }
}

/** @returns whether it left by itself. */
async function stay(
  userId: string,
  { model, random, answers, place }: UserOptions & { readonly place: Place },
  ms: number,
  signal: AbortSignal,
): Promise<boolean> {
  const stream = model.open(userId, place.life);
  let isLeaving = false;
  let lastMs = performance.now();
  await using user = new GrpcUser(place.address, { 'user-id': userId }, () => {
    lastMs = performance.now();
    const status = isLeaving ? undefined : random.pick(answers);
    if (status !== undefined && saysOnline(status)) model.sent(stream, performance.now());
    return status;
  });
  const cancel = () => user.stream.cancel();
  signal.addEventListener('abort', cancel);
  const leave = setTimeout(() => {
    isLeaving = true;
    user.stream.end();
  }, ms);
  const silent = setInterval(() => {
    if (performance.now() - lastMs > silentMs) cancel();
  }, 200);
  const { code } = await user.ended;
  clearTimeout(leave);
  clearInterval(silent);
  signal.removeEventListener('abort', cancel);
  model.ended(stream, isLeaving && code === 'OK', performance.now());
  return isLeaving;
}
