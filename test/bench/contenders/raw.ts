import { context, Dealer, Router } from 'zeromq';
import type { Commander, Fleet, Place } from './commander.ts';
import { payload } from './payload.ts';

// zeromq.js alone, as in a program with no layer above it. No mechanism, no codec, no checks.

context.maxSockets = 16_384;
// Without `sendTimeout` a send may wait, and the next one is an error.
const unlimited = { sendHighWaterMark: 0, receiveHighWaterMark: 0, sendTimeout: 0, linger: 0 };
const slots = 20;

/** Echoes each frame. Its first message, empty, says that it is connected. */
export async function joinRaw({ port, count }: Fleet): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const socket = new Dealer(unlimited);
    socket.connect(`tcp://127.0.0.1:${port}`);
    await socket.send('');
    void echo(socket);
  }
}

async function echo(socket: Dealer): Promise<void> {
  for await (const [frame] of socket) if (frame) await socket.send(frame);
}

/** One message per send. */
export class RawCommander implements Commander {
  protected readonly socket = new Router({ ...unlimited, backlog: 1_024 });
  protected readonly waiting: (() => void)[] = [];
  private readonly peers: Buffer[] = [];
  private changed = Promise.withResolvers<void>();

  static async open({ port }: Place): Promise<RawCommander> {
    // Of the subclass on which it is called.
    const commander = new this();
    await commander.socket.bind(`tcp://127.0.0.1:${port}`);
    void commander.receive();
    return commander;
  }

  async joined(count: number): Promise<void> {
    while (this.peers.length < count) await this.changed.promise;
  }

  ask(done: () => void): void {
    this.waiting.push(done);
    this.put(payload);
  }

  async gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let left = this.peers.length;
    const answered = () => {
      left -= 1;
      if (left === 0) resolve();
    };
    for (const peer of this.peers) this.askPeer(peer, answered);
    await promise;
  }

  /** Spread over the second, as in Signalbox. */
  beat(signal: AbortSignal): void {
    let turn = 0;
    const timer = setInterval(() => {
      for (let at = turn % slots; at < this.peers.length; at += slots) this.askPeer(this.peers[at], () => {});
      turn += 1;
    }, 1_000 / slots);
    signal.addEventListener('abort', () => clearInterval(timer));
  }

  /** To the first client. */
  protected put(frame: Buffer): void {
    const [peer = ''] = this.peers;
    void this.socket.send([peer, frame]);
  }

  protected answered(_frame: Buffer): void {
    this.waiting.shift()?.();
  }

  private askPeer(peer: Buffer = Buffer.alloc(0), done: () => void): void {
    this.waiting.push(done);
    void this.socket.send([peer, payload]);
  }

  private async receive(): Promise<void> {
    for await (const [peer, frame] of this.socket) {
      if (frame && frame.length > 0) this.answered(frame);
      else if (peer) this.joins(peer);
    }
  }

  private joins(peer: Buffer): void {
    this.peers.push(peer);
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }
}

/** All messages of one tick travel in one send, as in `src/wire/outbox.ts`. The client echoes whole frames. */
export class BatchingCommander extends RawCommander {
  private due = 0;
  private busy = false;

  override ask(done: () => void): void {
    this.waiting.push(done);
    this.due += 1;
    if (!this.busy) this.flush();
  }

  protected override answered(frame: Buffer): void {
    for (let at = 0; at < frame.length; at += payload.length) super.answered(frame);
  }

  private flush(): void {
    this.busy = true;
    this.put(Buffer.concat(Array.from({ length: this.due }, () => payload)));
    this.due = 0;
    setImmediate(() => {
      this.busy = false;
      if (this.due > 0) this.flush();
    });
  }
}
