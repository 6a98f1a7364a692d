import { setImmediate as nextTurn } from 'node:timers/promises';

/** One frame that was put on the line, and what the test lets become of it. */
export interface Sent {
  readonly frame: Buffer;
  accept(): void;
  /** Fails as zeromq does: an Error with a `code`. */
  refuse(code: string): void;
}

/** A line whose every send waits for the test to say how it ends. */
export class ScriptedLine {
  readonly sent: Sent[] = [];

  readonly send = (frame: Buffer): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const refuse = (code: string) => reject(Object.assign(new Error(code), { code }));
    this.sent.push({ frame, accept: () => resolve(), refuse });
    return promise;
  };

  /** The frame that was sent last. */
  get last(): Sent {
    const last = this.sent.at(-1);
    if (!last) throw new Error('nothing was sent');
    return last;
  }
}

/** Lets everything happen that is due without a timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
}
