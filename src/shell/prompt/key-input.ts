import { Transform, type TransformCallback } from 'node:stream';

/** Keys that a terminal turns into signals for the process group, unless it is in raw mode. */
export type SignalKey = 'suspend' | 'quit';

const signalKeys: ReadonlyMap<number, SignalKey> = new Map([
  [0x1a, 'suspend'], // Ctrl-Z
  [0x1c, 'quit'], // Ctrl-\
]);

/**
 * The keys of a terminal, for whichever prompt reads them. Signal keys are taken out; what was typed after one goes on when it
 * has been dealt with.
 */
export class KeyInput extends Transform {
  readonly isTTY = true;
  private readonly terminal: NodeJS.ReadStream;
  private readonly onSignalKey: (key: SignalKey) => Promise<void>;
  private readonly onGone: () => void;

  constructor(options: {
    terminal: NodeJS.ReadStream;
    onSignalKey: (key: SignalKey) => Promise<void>;
    /** Is told when the terminal does not take a mode. */
    onGone: () => void;
  }) {
    super();
    this.terminal = options.terminal;
    this.onSignalKey = options.onSignalKey;
    this.onGone = options.onGone;
  }

  get isRaw(): boolean {
    return this.terminal.isRaw;
  }

  setRawMode(mode: boolean): this {
    try {
      this.terminal.setRawMode(mode);
    } catch {
      this.onGone();
    }
    return this;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.pass(chunk).then(() => done(), done);
  }

  private async pass(chunk: Buffer): Promise<void> {
    let rest = chunk;
    for (;;) {
      const at = rest.findIndex((byte) => signalKeys.has(byte));
      const typed = at < 0 ? rest : rest.subarray(0, at);
      if (typed.length > 0) this.push(typed);
      const key = signalKeys.get(rest[at] ?? 0);
      if (!key) return;
      await this.onSignalKey(key);
      rest = rest.subarray(at + 1);
    }
  }
}
