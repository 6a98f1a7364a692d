/** A line of output, or a part of one. */
export interface ShownLine {
  readonly text: string;
  /** Whether it continues the part that was shown before. */
  readonly continues: boolean;
}

/** UTF-16 units; a longer line is shown in parts. */
const maxLength = 65_536;

/**
 * Splits one stream of a job into lines of text. A carriage return restarts the line, as on a terminal: only the text
 * after the last one is shown.
 */
export class StreamLines {
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** The part of the unfinished line that has not been shown. */
  private rest = '';
  private continues = false;
  private rewritten = false;

  /** Whether a part of a line waits to be shown. */
  get hasUnfinished(): boolean {
    return this.rest !== '' && this.rest !== '\r';
  }

  /** Whether the unfinished line was restarted: each state replaces the previous one. */
  get isRewritten(): boolean {
    return this.rewritten;
  }

  /** @returns finished lines, and parts of lines that are too long. */
  push(data: Uint8Array): ShownLine[] {
    return this.take(this.decoder.decode(data, { stream: true }));
  }

  /** Takes the available part of the unfinished line. */
  takeUnfinished(): ShownLine[] {
    if (!this.hasUnfinished) return [];
    const { continues } = this;
    // A carriage return at the end may belong to a line break.
    const isReturned = this.rest.endsWith('\r');
    const text = isReturned ? this.rest.slice(0, -1) : this.rest;
    this.rest = isReturned ? '\r' : '';
    this.continues = true;
    return [{ text, continues }];
  }

  /** Ends the current line: the stream has ended, or the next bytes are missing. */
  end(): ShownLine[] {
    const lines = [...this.take(this.decoder.decode()), ...this.takeUnfinished()];
    this.beginLine();
    return lines;
  }

  private take(text: string): ShownLine[] {
    const lines = (this.rest + text).split(/\r*\n/);
    const unfinished = lines.pop() ?? '';
    const shown: ShownLine[] = [];
    for (const line of lines) {
      this.rest = this.rewrite(line);
      shown.push(...this.takeParts());
      if (this.rest !== '' || !this.continues) shown.push({ text: this.rest, continues: this.continues });
      this.beginLine();
    }
    this.rest = this.rewrite(unfinished);
    shown.push(...this.takeParts());
    return shown;
  }

  private beginLine(): void {
    this.rest = '';
    this.continues = false;
    this.rewritten = false;
  }

  /** The part after the last carriage return; one at the end is kept. */
  private rewrite(line: string): string {
    let end = line.length;
    while (line[end - 1] === '\r') end -= 1;
    const at = end === 0 ? -1 : line.lastIndexOf('\r', end - 1);
    if (at >= 0) {
      this.continues = false;
      this.rewritten = true;
    }
    return line.slice(at + 1, end) + (end < line.length ? '\r' : '');
  }

  private takeParts(): ShownLine[] {
    const parts: ShownLine[] = [];
    while (this.rest.length > maxLength) {
      // Not inside a surrogate pair.
      const end = /[\ud800-\udbff]/.test(this.rest.charAt(maxLength - 1)) ? maxLength - 1 : maxLength;
      parts.push({ text: this.rest.slice(0, end), continues: this.continues });
      this.rest = this.rest.slice(end);
      this.continues = true;
    }
    return parts;
  }
}
