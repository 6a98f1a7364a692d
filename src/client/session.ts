import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type ClientState,
  type FromClient,
  type FromServer,
  fromServerSchema,
  limits,
  type Message,
  SignalboxError,
} from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { decodeFrame } from '../wire/codec.ts';
import { Outbox } from '../wire/outbox.ts';
import type { Connection } from '../wire/sockets.ts';
import { Turn } from '../wire/turn.ts';
import { takeEventLoopLagMs } from './event-loop-lag.ts';

/** What a session needs of the client that it speaks for. */
export interface SessionOwner {
  /** @param token what proves this client's name, where the server has keys. */
  hello(token: string | undefined): Message<FromClient, 'hello'>;
  wireState(): ClientState;
  welcomed(session: Session, message: Message<FromServer, 'welcome'>): void;
  /** `ageMs`: how long the command has been on its way, queues included. */
  command(session: Session, message: Message<FromServer, 'command'>, ageMs: number): void;
  other(session: Session, message: FromServer): void;
}

/** Why a session is over, and whether the server had welcomed this client in it. */
export interface SessionEnd {
  readonly welcomed: boolean;
  readonly error: SignalboxError;
}

/**
 * One connection's talk with the server. Hello is sent; `welcome` opens the session, `refused` ends it, and so does the
 * end of the connection, a message that is not of this protocol, or `sessionTimeoutMs` without any message.
 */
export class Session {
  private readonly connection: Connection;
  private readonly owner: SessionOwner;
  private readonly outbox: Outbox;
  private readonly token: string | undefined;
  private readonly turn = new Turn();
  private heardAtMs = monotonicMs();
  private smallestDelayMs = Number.POSITIVE_INFINITY;
  private isWelcomed = false;
  private error = new SignalboxError('cannot_connect', 'the connection ended');
  serverBootId = '';

  constructor(connection: Connection, owner: SessionOwner, token?: string) {
    this.connection = connection;
    this.token = token;
    this.owner = owner;
    this.outbox = new Outbox(
      (frame) => connection.send(frame),
      () => connection.close(0),
    );
  }

  readonly send = (message: FromClient): void => this.outbox.push(message);

  /** Runs until the session is over. */
  async run(): Promise<SessionEnd> {
    this.send(this.owner.hello(this.token));
    const watch = this.watch();
    try {
      for await (const frame of this.connection.frames()) {
        this.heardAtMs = monotonicMs();
        const messages = decodeFrame(frame, fromServerSchema);
        if (this.turn.isOverAfter(frame.length)) await nextTurn();
        for (const message of messages) {
          this.receive(message);
          if (this.turn.isOver()) await nextTurn();
        }
      }
    } catch (error) {
      this.error = SignalboxError.from(error, 'internal');
    } finally {
      clearInterval(watch);
      this.outbox.close();
      this.connection.close(0);
    }
    return { welcomed: this.isWelcomed, error: this.error };
  }

  /** Says goodbye and closes, giving what was sent a moment to leave. */
  close(reason: string, lingerMs: number): void {
    if (this.isWelcomed) this.send({ type: 'goodbye', reason });
    const untilMs = monotonicMs() + lingerMs;
    const whenSent = () => {
      if (this.outbox.length > 0 && monotonicMs() < untilMs) setImmediate(whenSent);
      else this.connection.close(lingerMs);
    };
    whenSent();
  }

  private receive(message: FromServer): void {
    if (message.type === 'refused') {
      this.error = new SignalboxError(message.error.code, message.error.message);
      this.connection.close(0);
      return;
    }
    if (message.type === 'welcome') {
      this.isWelcomed = true;
      this.serverBootId = message.serverBootId;
      this.age(message.sentMs);
      this.owner.welcomed(this, message);
      return;
    }
    // What comes before the welcome was not meant for this session.
    if (!this.isWelcomed) return;
    if (message.type === 'heartbeat') {
      this.age(message.sentMs);
      this.send({
        type: 'heartbeat-ack',
        seq: message.seq,
        state: this.owner.wireState(),
        lagMs: takeEventLoopLagMs(),
      });
    } else if (message.type === 'command') this.owner.command(this, message, this.age(message.sentMs));
    else this.owner.other(this, message);
  }

  /**
   * The clocks of two machines are not compared: what counts is how much longer this message took than the quickest
   * one of the session.
   */
  private age(sentMs: number): number {
    const delayMs = monotonicMs() - sentMs;
    this.smallestDelayMs = Math.min(this.smallestDelayMs, delayMs);
    return delayMs - this.smallestDelayMs;
  }

  private watch(): NodeJS.Timeout {
    const everyMs = limits.heartbeatMs;
    let dueMs = monotonicMs() + everyMs;
    return setInterval(() => {
      const nowMs = monotonicMs();
      // This process itself was stopped or blocked: what has arrived meanwhile is read before anybody is judged.
      if (nowMs - dueMs > everyMs) this.heardAtMs = nowMs;
      dueMs = nowMs + everyMs;
      if (nowMs - this.heardAtMs <= limits.sessionTimeoutMs) return;
      this.error = new SignalboxError(
        'cannot_connect',
        `the server was silent for ${limits.sessionTimeoutMs / 1000} s`,
      );
      this.connection.close(0);
    }, everyMs);
  }
}
