import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { z } from 'zod';

/**
 * A JSON line of the server program or of a test client, with the fields that tests read. Other lines have the type
 * `text`.
 */
const lineSchema = z.looseObject({
  type: z.string(),
  ts: z.number().optional(),
  id: z.string().optional(),
  client: z.string().optional(),
  command: z.string().optional(),
  state: z.string().optional(),
  outcome: z.string().optional(),
  adopted: z.boolean().optional(),
  data: z.string().optional(),
  message: z.string().optional(),
  /** Of an error: the line of the script. */
  line: z.number().optional(),
  code: z.string().optional(),
  offset: z.number().optional(),
  result: z.unknown().optional(),
  /** Of clients that measure: times between heartbeats. */
  intervalsMs: z.array(z.number()).optional(),
  error: z.looseObject({ code: z.string() }).optional(),
});
export type Line = z.infer<typeof lineSchema>;

/** The last line of a killed process may be cut: then it is text. */
function parseLine(text: string): Line {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch {
    return { type: 'text', data: text };
  }
}

interface Waiter {
  look(): void;
}

/** The lines that a process has printed, and a way to wait for one. */
export class LineLog {
  readonly lines: Line[] = [];
  private readonly name: string;
  private readonly waiters = new Set<Waiter>();

  constructor(name: string, stream: Readable) {
    this.name = name;
    createInterface({ input: stream }).on('line', (text) => {
      this.lines.push(parseLine(text));
      for (const waiter of this.waiters) waiter.look();
    });
  }

  count(matches: (line: Line) => boolean): number {
    return this.lines.filter(matches).length;
  }

  /**
   * Resolves with the `count`th matching line from index `from` on; it may exist already.
   * @throws Error naming `what` after `timeoutMs`, with the last lines.
   */
  async until(
    what: string,
    matches: (line: Line) => boolean,
    { count = 1, from = 0, timeoutMs = 30_000 }: { count?: number; from?: number; timeoutMs?: number } = {},
  ): Promise<Line> {
    const { promise, resolve, reject } = Promise.withResolvers<Line>();
    let seen = from;
    let left = count;
    const waiter = {
      look: () => {
        for (; seen < this.lines.length && left > 0; seen += 1) {
          const line = this.lines[seen];
          if (!line || !matches(line)) continue;
          left -= 1;
          if (left === 0) resolve(line);
        }
      },
    };
    const timer = setTimeout(() => {
      const tail = this.lines.slice(-15).map((line) => JSON.stringify(line));
      reject(new Error(`${this.name}: not ${what} in ${timeoutMs} ms, ${left} missing\n${tail.join('\n')}`));
    }, timeoutMs);
    this.waiters.add(waiter);
    waiter.look();
    return await promise.finally(() => {
      clearTimeout(timer);
      this.waiters.delete(waiter);
    });
  }
}
