import { createContextKey, type HandlerContext } from '@connectrpc/connect';
import { SignalboxError } from '../../schemas/errors.ts';
import type { JobService } from '../plugin/job-service.ts';
import type { ApiLimits } from './api-limits.ts';
import { actorOf } from './caller.ts';
import { signedInKey } from './signed-in.ts';

/** Closes the connection of a call, or only its stream if the connection is shared. */
export const dropKey = createContextKey<() => void>(() => {}, { description: 'drop' });

/** Payloads that an implementation has encoded itself; undefined if messages are not JSON. */
export const payloadsKey = createContextKey<Buffer[] | undefined>(undefined, { description: 'payloads' });

/** The caller, and the resources of its call. */
export interface CallContext {
  /** The service for the caller as actor. */
  readonly service: JobService;
  readonly actor: string;
  /** Aborts when the caller leaves, its deadline passes, or the server ends. */
  readonly signal: AbortSignal;
  readonly limits: ApiLimits;
  /** For a stream in JSON: encoded payloads, in order, that replace its messages. */
  readonly payloads: Buffer[] | undefined;
  /** Closes the connection of a caller that does not read. */
  readonly drop: () => void;
  /** Counts the call as a long one until it is disposed of. @throws SignalboxError `busy` */
  follow(): Disposable;
  /**
   * Counts the call as one whose response is read in parts, because a caller may stop reading. @throws SignalboxError
   * `busy`
   */
  read(): Disposable;
}

/** Creates the context of each call. */
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
    if (count >= most) throw new SignalboxError('busy', `too many concurrent calls: ${count} already ${what}`);
    count += 1;
    return {
      [Symbol.dispose]() {
        count -= 1;
      },
    };
  };
}
