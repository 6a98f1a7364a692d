import { setImmediate as nextTurn } from 'node:timers/promises';

/** One sent frame, and the test's control over its result. */
export interface Sent {
  readonly frame: Buffer;
  accept(): void;
  /** Fails like zeromq: an Error with a `code`. */
  refuse(code: string): void;
}

/** A line whose every send waits until the test decides its result. */
export class ScriptedLine {
  readonly sent: Sent[] = [];

  readonly send = (frame: Buffer): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refuse = (code: string) => reject(Object.assign(new Error(code), { code }));
    this.sent.push({ frame, accept: () => resolve(), refuse });
    return promise;
  };

  /** The last frame that was sent. */
  get last(): Sent {
    const last = this.sent.at(-1);
    if (!last) throw new Error('nothing was sent');
    return last;
  }
}

/** Runs everything that is pending without a timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
}
