import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { presenceLimits } from '../model/limits.ts';

const connectMs = 5_000;
const pingMs = 2_000;

/** An HTTP/2 connection that users share. It opens on demand, and again after it has ended. */
export class GrpcSession implements Disposable {
  private readonly url: string;
  private readonly ca: string | undefined;
  private session: ClientHttp2Session | undefined;
  private checking: NodeJS.Timeout | undefined;
  private lastError: Error | undefined;

  constructor(url: string, ca: string | undefined) {
    this.url = url;
    this.ca = ca;
  }

  /** Why the last connection ended. */
  get failure(): Error | undefined {
    return this.lastError;
  }

  call(path: string, headers: Readonly<Record<string, string>>): ClientHttp2Stream {
    this.session ??= this.open();
    const ofGrpc = { 'content-type': 'application/grpc', te: 'trailers' };
    return this.session.request({ ':method': 'POST', ':path': path, ...ofGrpc, ...headers });
  }

  /** Ends the connection if the peer does not answer. Nothing else detects a host that has vanished. */
  check(): void {
    const { session } = this;
    if (!session || session.connecting || this.checking) return;
    const gone = () => session.destroy(new Error(`no answer for ${presenceLimits.silentMs / 1_000} s`));
    this.checking = setTimeout(gone, pingMs);
    const done = () => {
      clearTimeout(this.checking);
      this.checking = undefined;
    };
    session.once('close', done);
    session.ping(() => {
      session.off('close', done);
      done();
    });
  }

  [Symbol.dispose](): void {
    this.session?.destroy();
  }

  private open(): ClientHttp2Session {
    const session = connect(this.url, this.ca === undefined ? {} : { ca: this.ca });
    const slow = setTimeout(() => session.destroy(new Error(`no connection after ${connectMs / 1_000} s`)), connectMs);
    const forget = () => {
      clearTimeout(slow);
      if (this.session === session) this.session = undefined;
    };
    session.once('connect', () => {
      clearTimeout(slow);
      this.lastError = undefined;
    });
    session.on('error', (error) => {
      this.lastError = error;
    });
    // Open streams continue; new streams get another connection.
    session.once('goaway', forget);
    session.once('close', forget);
    return session;
  }
}
