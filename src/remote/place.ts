import { createConnection, type Socket } from 'node:net';
import { SignalboxError } from '../../schemas/errors.ts';
import { systemCode, wordsOf } from '../process/system-error.ts';
import { ServerAway } from './server-away.ts';

/** The address of a server, and how to connect to it. */
export interface Place {
  /** The name for people. */
  readonly name: string;
  /** The origin for HTTP/2, with its scheme. */
  readonly origin: string;
  /** Additional headers of each call. */
  readonly headers: Readonly<Record<string, string>>;
  connect(): Socket;
  /** Converts a failure of a connection: `ServerAway` if a retry can help. */
  faultOf(error: unknown): SignalboxError | ServerAway;
}

/** @param path of the socket for HTTP/2. */
export const socketPlace = (path: string): Place => ({
  name: path,
  origin: 'http://signalbox',
  headers: {},
  connect: () => createConnection(path),
  faultOf: (error) =>
    new ServerAway(/^(?:ENOENT|ECONNREFUSED)$/.test(systemCode(error) ?? '') ? 'nobody listens there' : wordsOf(error)),
});

/** An error of a connection that a retry would get again. */
export const unreachable = ({ name }: Pick<Place, 'name'>, why: string, cause?: unknown): SignalboxError =>
  new SignalboxError('cannot_connect', `cannot reach the server at ${name}: ${why}`, { cause });
