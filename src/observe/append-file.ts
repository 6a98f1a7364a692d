import { SignalboxError } from '../../schemas/index.ts';
import { type Appendable, openForAppending } from './open-for-appending.ts';

const newline = 0x0a;

/**
 * A file of lines. Each write appends at the current end, so a rotation may copy and truncate the file, or move it and
 * request a new one. Only its owner can read it. Writes never overlap.
 */
export class AppendFile implements AsyncDisposable {
  private readonly path: string;
  private readonly onFailure: (error: SignalboxError) => void;
  private file: Appendable;
  private isMidLine = false;
  private isReopeningDue = false;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: Appendable, onFailure: (error: SignalboxError) => void) {
    this.path = path;
    this.file = file;
    this.onFailure = onFailure;
  }

  /**
   * @param onFailure called when a later `reopen` fails; the previous file stays in use.
   * @throws SignalboxError `bad_usage` if the file cannot be opened.
   */
  static async open(path: string, onFailure: (error: SignalboxError) => void): Promise<AppendFile> {
    return new AppendFile(path, await openForAppending(path), onFailure);
  }

  /** Writes all of it or a part. @returns the number of bytes written. */
  put(bytes: Buffer): Promise<number> {
    return this.inTurn(async () => {
      const bytesWritten = await this.file.write(bytes);
      if (bytesWritten > 0) this.isMidLine = bytes[bytesWritten - 1] !== newline;
      await this.reopenWhereDue();
      return bytesWritten;
    });
  }

  /** Continues in a new file at the same path, once the current line is complete. */
  reopen(): Promise<void> {
    this.isReopeningDue = true;
    return this.inTurn(() => this.reopenWhereDue());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.turn;
    await this.file.close();
  }

  private async reopenWhereDue(): Promise<void> {
    if (!this.isReopeningDue || this.isMidLine) return;
    this.isReopeningDue = false;
    try {
      const next = await openForAppending(this.path);
      await this.file.close();
      this.file = next;
    } catch (error) {
      this.onFailure(SignalboxError.from(error, 'internal'));
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => {});
    return done;
  }
}
