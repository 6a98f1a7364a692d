import type Docker from 'dockerode';
import type { Stream } from '../../../index.ts';
import { type LogEntry, LogFrames } from './log-frames.ts';
import { type LogMark, LogMarks, sinceOf } from './log-marks.ts';

/** Bytes of a stream of a log, with their offset. */
export interface LogPiece {
  readonly stream: Stream;
  readonly offset: number;
  readonly data: Buffer;
}

interface ReadOptions {
  readonly mark: LogMark;
  /** Also reads new output until the container stops. The last bytes may then be missing. */
  readonly follow: boolean;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly onMark?: (mark: LogMark) => void;
}

/** Reads the log of a container from a mark. @throws Error of the engine, possibly after some pieces */
export async function* readLog(docker: Docker, id: string, options: ReadOptions): AsyncGenerator<LogPiece> {
  const { mark, follow, maxBytes, signal, onMark } = options;
  const marks = new LogMarks(mark);
  const frames = new LogFrames();
  const stream = await openLog(docker, id, { since: mark.since, follow, signal });
  try {
    for await (const chunk of stream) {
      yield* joined(frames.push(chunk as Buffer), marks, maxBytes);
      onMark?.(marks.mark);
    }
  } finally {
    stream.destroy();
  }
}

/** Joins consecutive entries of the same stream into pieces. */
function* joined(entries: readonly LogEntry[], marks: LogMarks, maxBytes: number): Generator<LogPiece> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let first: { stream: Stream; offset: number } | undefined;
  const take = (): LogPiece[] => {
    if (!first || bytes === 0) return [];
    const data = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    return cut({ ...first, data }, maxBytes);
  };
  for (const entry of entries) {
    const offset = marks.add(entry);
    if (first?.stream !== entry.stream || bytes + entry.data.length > maxBytes) {
      yield* take();
      first = { stream: entry.stream, offset };
      parts = [];
      bytes = 0;
    }
    parts.push(entry.data);
    bytes += entry.data.length;
  }
  yield* take();
}

function cut({ stream, offset, data }: LogPiece, maxBytes: number): LogPiece[] {
  const pieces: LogPiece[] = [];
  for (let at = 0; at < data.length; at += maxBytes) {
    pieces.push({ stream, offset: offset + at, data: data.subarray(at, at + maxBytes) });
  }
  return pieces;
}

/** Opens the log as a stream, even without `follow`: otherwise dockerode would collect all of it, and parse output that looks like JSON. */
function openLog(
  docker: Docker,
  id: string,
  { since, follow, signal }: { since: string | undefined; follow: boolean; signal: AbortSignal },
): Promise<NodeJS.ReadableStream & { destroy(): void }> {
  const query = {
    stdout: 1,
    stderr: 1,
    timestamps: 1,
    ...(follow && { follow: 1 }),
    ...(since && { since: sinceOf(since) }),
  };
  return new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${id}/logs?`,
        method: 'GET',
        isStream: true,
        abortSignal: signal,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
        options: query,
      },
      (error, stream) => {
        if (error) reject(error);
        else resolve(stream as NodeJS.ReadableStream & { destroy(): void });
      },
    );
  });
}
