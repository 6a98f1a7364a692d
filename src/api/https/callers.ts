import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { monotonicMs } from '../../clock.ts';
import { systemCode } from '../../process/system-error.ts';
import { type Connection, setConnection } from './connection.ts';
import { Handshakes } from './handshakes.ts';
import type { NetworkLimits } from './network-limits.ts';
import type { DoorNews } from './news.ts';
import { peerCertificate } from './peer-certificate.ts';
import { sourceOf } from './source-of.ts';
import type { Strangers } from './strangers.ts';

/** A connection to a host that has disappeared ends after about 40 s. */
const keepAliveMs = 30_000;

interface Caller {
  readonly address: string;
  readonly source: string;
  /** Set after the handshake. */
  connection: Connection | undefined;
}

interface CallersOptions {
  readonly strangers: Strangers;
  readonly limits: NetworkLimits;
  readonly tell: (news: DoorNews) => void;
  readonly tlsServer: Server;
}

/** The connections of a port, from beginning to end. */
export class Callers {
  private readonly options: CallersOptions;
  private readonly handshakes: Handshakes;
  private readonly sockets = new Set<Socket>();
  /** By the addresses and the port of the caller. */
  private readonly callers = new Map<string, Caller>();

  constructor(options: CallersOptions) {
    this.options = options;
    this.handshakes = new Handshakes(options.limits.handshakesATurn);
    options.tlsServer.on('tlsClientError', (error, socket) => this.failed(error, socket));
  }

  /** Accepts a connection from which nothing has been read yet. */
  come(socket: Socket): void {
    const { strangers, tell, tlsServer } = this.options;
    socket.on('error', () => {});
    const { remoteAddress: address = '' } = socket;
    const source = sourceOf(address);
    const reason = strangers.come(source, monotonicMs());
    if (reason) {
      tell({ type: 'connection refused', reason, address });
      socket.resetAndDestroy();
      return;
    }
    const caller: Caller = { address, source, connection: undefined };
    const name = nameOf(socket);
    this.sockets.add(socket);
    this.callers.set(name, caller);
    socket.once('close', () => {
      this.sockets.delete(socket);
      if (this.callers.get(name) === caller) this.callers.delete(name);
      strangers.leave(source, caller.connection?.isStranger ?? true);
    });
    socket.setKeepAlive(true, keepAliveMs);
    this.handshakes.add(() => {
      if (!socket.destroyed) tlsServer.emit('connection', socket);
    });
  }

  /** Called after the handshake. */
  greet(socket: TLSSocket): void {
    socket.on('error', () => {});
    const caller = this.callers.get(nameOf(socket));
    if (!caller) {
      socket.destroy();
      return;
    }
    const { address, source } = caller;
    const end = () => void socket.destroy();
    const certificate = peerCertificate(socket);
    caller.connection = { address, source, certificate, isStranger: true, failures: 0, end };
    setConnection(socket, caller.connection);
  }

  end(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private failed(error: Error, socket: TLSSocket): void {
    const address = this.callers.get(nameOf(socket))?.address ?? '';
    this.options.tell({ type: 'handshake failed', reason: systemCode(error) ?? 'unknown', address });
    socket.destroy();
  }
}

/** Several connections can share a port of the caller, if they go to different addresses of this machine. */
const nameOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;
