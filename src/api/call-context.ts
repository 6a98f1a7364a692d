import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import { SignalboxError } from '../../schemas/errors.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { ApiLimits } from './api-limits.ts';
import { actorOf } from './caller.ts';
import { signedInKey } from './signed-in.ts';

/** Closes the connection of a call, or only its stream where others share the connection. */
export const dropKey = createContextKey<() => void>(() => {}, { description: 'drop' });

/** Payloads that an implementation has made itself; undefined where messages are not in JSON. */
export const payloadsKey = createContextKey<Buffer[] | undefined>(undefined, { description: 'payloads' });

/** Who calls, and what its call may use. */
export interface CallContext {
  /** For the caller as actor. */
  readonly service: JobService;
  readonly actor: string;
  /** Aborts when the caller leaves, its deadline passes, or the server ends. */
  readonly signal: AbortSignal;
  readonly limits: ApiLimits;
  /** Of a stream in JSON: payloads for its messages, in their order, in place of what the messages would be. */
  readonly payloads: Buffer[] | undefined;
  /** Closes the connection of a caller that does not read. */
  readonly drop: () => void;
  /** Counts the call as one that lasts, until it is disposed. @throws SignalboxError `busy` */
  follow(): Disposable;
  /** Counts the call as one whose answer is read in parts: a caller may stop in the middle. @throws SignalboxError `busy` */
  read(): Disposable;
}

/** Makes the context of each call. */
export function createContexts(
  service: JobService,
  { name, limits }: { name: string; limits: ApiLimits },
): (call: HandlerContext) => CallContext {
  const follow = counted(limits.maxFollowers, 'watch, wait or follow');
  const read = counted(limits.maxReaders, 'read a list, output or records');
  return ({ requestHeader, signal, values }) => {
    const operator = values.get(signedInKey);
    const actor = operator ? `operator:${operator.name}` : actorOf(requestHeader, name);
    const [drop, payloads] = [values.get(dropKey), values.get(payloadsKey)];
    return { service: service.as(actor), actor, signal, limits, payloads, drop, follow, read };
  };
}

function counted(most: number, what: string): () => Disposable {
  let count = 0;
  return () => {
    if (count >= most) throw new SignalboxError('busy', `${count} calls ${what} already`);
    count += 1;
    return {
      [Symbol.dispose]() {
        count -= 1;
      },
    };
  };
}
