import { createConnection, type Socket } from 'node:net';
import { SignalboxError } from '../../schemas/errors.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';
import { ServerAway } from './server-away.ts';

/** Where a server is, and the way to it. */
export interface Place {
  /** As people know it. */
  readonly name: string;
  /** As HTTP/2 knows it, with its scheme. */
  readonly origin: string;
  /** What each call has besides. */
  readonly headers: Readonly<Record<string, string>>;
  connect(): Socket;
  /** What it means that a connection failed or broke: `ServerAway` where trying again can help. */
  faultOf(error: unknown): SignalboxError | ServerAway;
}

/** @param path of the socket that speaks HTTP/2. */
export const socketPlace = (path: string): Place => ({
  name: path,
  origin: 'http://signalbox',
  headers: {},
  connect: () => createConnection(path),
  faultOf: (error) =>
    new ServerAway(/^(?:ENOENT|ECONNREFUSED)$/.test(systemCode(error) ?? '') ? 'nobody listens there' : wordsOf(error)),
});

/** An error of a connection that the next one would have too. */
export const unreachable = ({ name }: Pick<Place, 'name'>, why: string, cause?: unknown): SignalboxError =>
  new SignalboxError('cannot_connect', `cannot reach the server at ${name}: ${why}`, { cause });
