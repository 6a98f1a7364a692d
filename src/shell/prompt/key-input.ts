import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Keys that a terminal turns into signals for the process group, unless it is in raw mode. */
export type SignalKey = 'suspend' | 'quit';

const signalKeys: ReadonlyMap<number, SignalKey> = new Map([
  [0x1a, 'suspend'], // Ctrl-Z
  [0x1c, 'quit'], // Ctrl-\
]);

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** Enter, Ctrl-C and Ctrl-D end a question or a line, so that another prompt may read the next key. */
const endingKeys: ReadonlySet<number> = new Set([carriageReturn, lineFeed, 0x03, 0x04]);

/**
 * The keys of a terminal, for the prompt that currently reads them; without a reader, they wait here.
 *
 * Signal keys are removed; keys typed after one are passed on once it has been handled. A run of keys ends with a key
 * that can end its reader. The next run follows in a later turn of the event loop: by then that reader has paused this
 * stream.
 *
 * It has neither `isTTY` nor `setRawMode`. Inquirer discards what a TTY sends in the turn in which a prompt opens, and
 * readline would leave raw mode between two prompts, where Ctrl-C ends the process.
 */
export class KeyInput extends Duplex {
  private readonly terminal: NodeJS.ReadStream;
  private readonly onSignalKey: (key: SignalKey) => Promise<void>;
  private readonly onGone: () => void;
  private wanted = Promise.withResolvers<void>();

  constructor(options: {
    terminal: NodeJS.ReadStream;
    onSignalKey: (key: SignalKey) => Promise<void>;
    /** Called when the terminal does not accept a mode. */
    onGone: () => void;
  }) {
    // Do not read ahead of a reader.
    super({ readableHighWaterMark: 0 });
    this.terminal = options.terminal;
    this.onSignalKey = options.onSignalKey;
    this.onGone = options.onGone;
  }

  setMode(mode: 'raw' | 'cooked'): void {
    try {
      this.terminal.setRawMode(mode === 'raw');
    } catch {
      this.onGone();
    }
  }

  override _read(): void {
    this.wanted.resolve();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.pass(chunk).then(() => done(), done);
  }

  override _final(done: () => void): void {
    this.push(null);
    done();
  }

  private async pass(chunk: Buffer): Promise<void> {
    for (const run of runsOf(chunk)) {
      const signalKey = signalKeys.get(run[0] ?? 0);
      if (signalKey) {
        await this.onSignalKey(signalKey);
        continue;
      }
      await this.wanted.promise;
      await nextTurn();
      this.wanted = Promise.withResolvers();
      this.push(run);
    }
  }
}

function* runsOf(chunk: Buffer): Generator<Buffer> {
  let from = 0;
  for (const [at, byte] of chunk.entries()) {
    if (signalKeys.has(byte)) {
      if (at > from) yield chunk.subarray(from, at);
      yield chunk.subarray(at, at + 1);
      from = at + 1;
    } else if (endingKeys.has(byte) && !(byte === carriageReturn && chunk[at + 1] === lineFeed)) {
      yield chunk.subarray(from, at + 1);
      from = at + 1;
    }
  }
  if (from < chunk.length) yield chunk.subarray(from);
}
