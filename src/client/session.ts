import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type ClientState,
  type FromClient,
  type FromServer,
  limits,
  type Message,
  type MessageId,
  protocolVersion,
  SignalboxError,
  type Welcome,
} from '../../schemas/index.ts';
import { forgivenGapMs, monotonicMs } from '../clock.ts';
import { decodeFrame } from '../wire/decode-frame.ts';
import type { Connection } from '../wire/dial.ts';
import { fromServer, type Unknown } from '../wire/message-readers.ts';
import { Outbox } from '../wire/outbox.ts';
import { Turn } from '../wire/turn.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import { HeartbeatAnswers } from './heartbeat-answers.ts';
import { MessageAge } from './message-age.ts';

/** The parts of a client that a session uses. */
export interface SessionOwner {
  /** @param token proves the name of this client, if the server has keys. */
  hello(token: string | undefined): Message<FromClient, 'hello'>;
  wireState(): ClientState;
  welcomed(session: Session, welcome: Welcome): void;
  /** `ageMs`: transit time of the command, including time in queues. */
  command(session: Session, message: Message<FromServer, 'command'>, ageMs: number): void;
  other(session: Session, message: FromServer): void;
}

/** Why a session ended, and whether it had been welcomed. */
export interface SessionEnd {
  readonly welcomed: boolean;
  readonly error: SignalboxError;
}

/**
 * The protocol over one connection. It sends `hello`. `welcome` opens the session. `refused`, a lost connection, a
 * message that violates the protocol, or `sessionTimeoutMs` without any message ends it.
 *
 * Backpressure: reading stops while the outbox is full. If the server receives nothing for `sessionTimeoutMs`, the
 * session ends, and unsent messages follow in the next one.
 */
export class Session {
  private readonly connection: Connection;
  private readonly owner: SessionOwner;
  private readonly outbox: Outbox;
  private readonly token: string | undefined;
  private readonly turn = new Turn();
  private heardAtMs = monotonicMs();
  private readonly messageAge = new MessageAge();
  private readonly lag = new EventLoopLag();
  private readonly answers: HeartbeatAnswers;
  private isWelcomed = false;
  /** The description, if it changed after `hello`. */
  private changedAbout: Message<FromClient, 'about'> | undefined;
  private error: SignalboxError | undefined;
  private isWaitingForRoom = false;
  /** Latest progress of each job for which the outbox had no room. */
  private readonly progress = new Map<MessageId, FromClient>();

  constructor(connection: Connection, owner: SessionOwner, token?: string) {
    this.connection = connection;
    this.token = token;
    this.owner = owner;
    this.outbox = new Outbox({
      send: (frame) => connection.send(frame),
      gone: () => connection.close(0),
      turnEnds: () => this.sendProgress(),
    });
    this.answers = new HeartbeatAnswers(
      (seq) => this.send({ type: 'heartbeat-ack', seq, state: owner.wireState(), lagMs: this.lag.takeMs() }),
      () => (this.outbox.length > 0 ? undefined : this.outbox.takenAtMs),
    );
  }

  readonly send = (message: FromClient): void => {
    if (message.type === 'progress' && this.outbox.isFull) {
      this.progress.set(message.id, message);
      return;
    }
    // This message replaces the progress held back for the job.
    if (this.progress.size > 0 && (message.type === 'progress' || message.type === 'result')) {
      this.progress.delete(message.id);
    }
    this.outbox.push(message);
  };

  /** Labels or facts have changed. Before `welcome`, `hello` may or may not contain the change. */
  about(message: Omit<Message<FromClient, 'about'>, 'type'>): void {
    this.changedAbout = { type: 'about', ...message };
    if (this.isWelcomed) this.send(this.changedAbout);
  }

  /** Resolves when the session has ended. */
  async run(): Promise<SessionEnd> {
    this.send(this.owner.hello(this.token));
    const watch = this.watch();
    try {
      await this.connection.receive((frame) => this.take(frame));
    } catch (error) {
      this.error ??= SignalboxError.from(error, 'internal');
    } finally {
      clearInterval(watch);
      this.lag[Symbol.dispose]();
      this.answers[Symbol.dispose]();
      this.outbox.close();
      this.connection.close(0);
    }
    const { isWelcomed: welcomed, error = new SignalboxError('cannot_connect', 'the connection ended') } = this;
    return { welcomed, error };
  }

  /** Sends `goodbye` and closes, after a moment for pending messages. */
  close(reason: string, lingerMs: number): void {
    if (this.isWelcomed) this.send({ type: 'goodbye', reason });
    const untilMs = monotonicMs() + lingerMs;
    const whenSent = () => {
      if (this.outbox.length > 0 && monotonicMs() < untilMs) setImmediate(whenSent);
      else this.connection.close(lingerMs);
    };
    whenSent();
  }

  private take(frame: Buffer | undefined): Promise<void> | undefined {
    this.heardAtMs = monotonicMs();
    if (!frame) throw new SignalboxError('bad_message', 'the server sent a message of several parts');
    const messages = messagesOf(frame).values();
    if (this.turn.isOverAfter(frame.length)) return nextTurn().then(() => this.handle(messages));
    return this.handle(messages);
  }

  /** Handles messages. If the turn ends before the frame, or the outbox is full, returns a promise for the rest. */
  private handle(messages: ArrayIterator<FromServer | Unknown>): Promise<void> | undefined {
    for (const message of messages) {
      // The session has ended: ignore the rest of this frame, too.
      if (this.error) return undefined;
      if (message.type !== 'unknown') this.receive(message);
      // An array iterator continues where a loop has left it.
      if (this.turn.isOver()) return nextTurn().then(() => this.handle(messages));
      if (this.outbox.isFull) return this.room().then(() => this.handle(messages));
    }
    return undefined;
  }

  private receive(message: FromServer): void {
    if (message.type === 'refused') {
      const { code, message: why } = message.error;
      // The server's text describes bytes that this client sent; without a prefix it would seem to describe received
      // bytes.
      this.end(
        new SignalboxError(code, code === 'bad_message' ? `the server refused what was sent to it: ${why}` : why),
      );
      return;
    }
    if (message.type === 'welcome') {
      if (this.isWelcomed) throw new SignalboxError('bad_message', 'the server sent welcome twice');
      if (message.protocol !== protocolVersion) throw unsupported(message.protocol);
      this.isWelcomed = true;
      this.age(message.sentMs);
      this.owner.welcomed(this, message);
      if (this.changedAbout) this.send(this.changedAbout);
      return;
    }
    // Messages before `welcome` belong to an earlier session.
    if (!this.isWelcomed) return;
    if (message.type === 'heartbeat') {
      this.age(message.sentMs);
      this.answers.answer(message.seq);
    } else if (message.type === 'command') this.owner.command(this, message, this.age(message.sentMs));
    else this.owner.other(this, message);
  }

  private age(sentMs: number): number {
    return this.messageAge.of(sentMs, monotonicMs());
  }

  private sendProgress(): void {
    if (this.progress.size === 0 || this.outbox.isFull) return;
    for (const message of this.progress.values()) this.outbox.push(message);
    this.progress.clear();
  }

  private end(error: SignalboxError): void {
    this.error ??= error;
    this.connection.close(0);
    // Wakes up waiters for room in the outbox.
    this.outbox.close();
  }

  private async room(): Promise<void> {
    this.isWaitingForRoom = true;
    await this.outbox.room();
    this.isWaitingForRoom = false;
    this.heardAtMs = monotonicMs();
  }

  private watch(): NodeJS.Timeout {
    const everyMs = 1_000;
    let dueMs = monotonicMs() + everyMs;
    return setInterval(() => {
      const nowMs = monotonicMs();
      // A gap means that this process was stopped or blocked: read what has arrived before judging the server.
      if (nowMs - dueMs > forgivenGapMs) this.heardAtMs = nowMs;
      dueMs = nowMs + everyMs;
      // While paused by backpressure, successful sends count as liveness.
      const livedAtMs = this.isWaitingForRoom ? Math.max(this.heardAtMs, this.outbox.takenAtMs) : this.heardAtMs;
      if (nowMs - livedAtMs <= limits.sessionTimeoutMs) return;
      this.end(
        this.isWaitingForRoom
          ? new SignalboxError('busy', 'the server sends requests but does not read the replies')
          : new SignalboxError('cannot_connect', `the server was silent for ${limits.sessionTimeoutMs / 1000} s`),
      );
    }, everyMs);
  }
}

function messagesOf(frame: Buffer): (FromServer | Unknown)[] {
  try {
    return decodeFrame(frame, fromServer);
  } catch (error) {
    const { code, message } = SignalboxError.from(error, 'internal');
    throw new SignalboxError(code, `the server sent a bad frame: ${message}`, { cause: error });
  }
}

const unsupported = (version: number) =>
  new SignalboxError('unsupported_protocol', `the server answered in version ${version} of the protocol`);
