import type { Sink } from './sink.ts';

/** A sink that can be replaced temporarily: while a prompt has the screen, nothing else may write there. */
export class DivertibleSink implements Sink {
  private readonly own: Sink;
  private other: Sink | undefined;

  constructor(own: Sink) {
    this.own = own;
  }

  write(text: string): Promise<void> {
    return (this.other ?? this.own).write(text);
  }

  /** Sends everything to `other` until the returned object is disposed. */
  divertTo(other: Sink): Disposable {
    this.other = other;
    return { [Symbol.dispose]: () => (this.other = undefined) };
  }
}
