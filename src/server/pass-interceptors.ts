import { SignalboxError } from '../../schemas/index.ts';
import type { Call, Interceptor } from '../plugin/interceptor.ts';

/** Performs a call after every interceptor has passed it on. The caller gets the result that they return. */
export async function passInterceptors<C extends Call, Result>(
  interceptors: readonly Interceptor[],
  call: C,
  work: (passed: C) => Result | Promise<Result>,
): Promise<Result> {
  let isOver = false;
  const from = async (at: number, passed: Call): Promise<unknown> => {
    const interceptor = interceptors[at];
    if (interceptor) return await interceptor(passed, (next) => handled(from(at + 1, next)));
    if (passed.method !== call.method || passed.actor !== call.actor) {
      throw new SignalboxError('bad_usage', 'an interceptor has changed the method or the actor of a call');
    }
    if (isOver) throw nextTooLate();
    return await work(passed as C);
  };
  try {
    return (await from(0, call)) as Result;
  } finally {
    isOver = true;
  }
}

export const nextTooLate = () => new SignalboxError('bad_usage', 'an interceptor has called next after it had settled');

/** A caller of `next` need not await it, so a rejection must not become an unhandled one. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
