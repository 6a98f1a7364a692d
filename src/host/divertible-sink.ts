import type { Sink } from './sink.ts';

/** A sink that another stands in for at times: while a prompt has the screen, nothing else may write there. */
export class DivertibleSink implements Sink {
  private readonly own: Sink;
  private other: Sink | undefined;

  constructor(own: Sink) {
    this.own = own;
  }

  write(text: string): Promise<void> {
    return (this.other ?? this.own).write(text);
  }

  /** Until what is returned is disposed of, all goes to `other`. */
  divertTo(other: Sink): Disposable {
    this.other = other;
    return { [Symbol.dispose]: () => (this.other = undefined) };
  }
}
