import type { Connection } from '../../src/wire/dial.ts';
import type { Listener } from '../../src/wire/listener.ts';

/** A message from one peer; `parts` is undefined if its connection has ended, and empty if a message had several. */
export interface Arrival {
  readonly peer: string;
  readonly parts: readonly Buffer[] | undefined;
}

/** The messages at a listener, one by one: the next is read on request. */
export const arrivalsOf = (listener: Pick<Listener, 'receive'>): AsyncGenerator<Arrival> =>
  pulled((take) =>
    listener.receive({
      received: (peer, frame) => take({ peer, parts: frame ? [frame] : [] }),
      ended: (peer) => void take({ peer, parts: undefined }),
    }),
  );

/** Frames of a connection, one by one: the next is read on request. */
export const framesOf = (connection: Pick<Connection, 'receive'>): AsyncGenerator<Buffer> =>
  pulled((take) => connection.receive((frame) => take(frame ?? Buffer.from('several parts'))));

async function* pulled<Value>(
  run: (take: (value: Value) => Promise<void>) => Promise<void>,
): AsyncGenerator<Value, void, void> {
  const waiting: { value: Value; taken: () => void }[] = [];
  let come = Promise.withResolvers<void>();
  let isOver = false;
  const running = run((value) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting.push({ value, taken: resolve });
    come.resolve();
    return promise;
  }).finally(() => {
    isOver = true;
    come.resolve();
  });
  for (;;) {
    const next = waiting.shift();
    if (next) {
      yield next.value;
      next.taken();
    } else if (isOver) {
      return await running;
    } else {
      await come.promise;
      come = Promise.withResolvers();
    }
  }
}

/** The reverse, for a connection or listener that a test makes: passes on the values of these in order. */
export async function pushed<Value>(
  values: AsyncIterable<Value>,
  take: (value: Value) => Promise<void> | undefined,
): Promise<void> {
  for await (const value of values) await take(value);
}
