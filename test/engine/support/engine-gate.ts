import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { newFolder } from '../../support/new-folder.ts';
import { Engine } from './engine.ts';

const engineSocket = '/var/run/docker.sock';

/** A request, as `METHOD /path?query`, and a direction: before the engine gets it, or when the engine has answered. */
export interface Hold {
  readonly at: RegExp;
  readonly way: 'request' | 'answer';
}

interface Held extends Hold {
  readonly reached: () => void;
}

/**
 * A way to an engine that can hold requests about one container, so that a test can kill the caller at that moment. It
 * is another address of the engine, for `DOCKER_HOST`.
 */
export class EngineGate extends Engine implements AsyncDisposable {
  private readonly socket: string;
  private readonly server = createServer((incoming, answer) => this.pass(incoming, answer));
  /** By the name of the container. */
  private readonly holds = new Map<string, Held>();
  private readonly names = new Map<string, string>();
  private hostBefore: string | undefined;
  private readonly waiting: ServerResponse[] = [];
  /** Requests since the engine froze, which it handles when it continues. */
  private refusing: { readonly at: RegExp; readonly status: number; left: number } | undefined;
  private freezing: { readonly at: RegExp; readonly reached: () => void } | undefined;
  private frozen: (() => void)[] | undefined;

  private constructor(path: string, socket: string) {
    super(`unix://${path}`);
    this.socket = socket;
    this.server.listen(path);
  }

  static async open(socket = engineSocket): Promise<EngineGate> {
    const gate = new EngineGate(join(newFolder(), 'gate'), socket);
    await once(gate.server, 'listening');
    return gate;
  }

  /** The plug-in in this process uses this way, until it is disposed of. */
  useHere(): void {
    this.hostBefore = process.env.DOCKER_HOST ?? '';
    process.env.DOCKER_HOST = this.host;
  }

  /** Holds the next request like this for the container with this name. Resolves when it has arrived. */
  holdNext(name: string, hold: Hold): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`${hold.at} of ${name} did not come`)), 30_000);
    this.holds.set(name, { ...hold, reached: resolve });
    return promise.finally(() => clearTimeout(timer));
  }

  /** The caller of the held request is gone: it goes no further. */
  drop(): void {
    this.holds.clear();
    for (const answer of this.waiting.splice(0)) answer.destroy();
  }

  /** Answers the next requests like this with an error of the engine, this many times. */
  refuse(at: RegExp, times: number, status = 500): void {
    this.refusing = { at, status, left: times };
  }

  /** Freezes the engine at the next request like this, which is the first that it does not handle. Resolves then. */
  async freezeAt(at: RegExp): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.freezing = { at, reached: resolve };
    await promise;
  }

  /** From now on the engine accepts requests and does nothing, like one that is stopped or has no processor. */
  freeze(): void {
    this.frozen = [];
  }

  /** Breaks the connections; requests that the engine has received are not undone. */
  break(): void {
    this.server.closeAllConnections();
  }

  /**
   * The engine continues with the requests since the freeze, also of callers that have disconnected: the newest first,
   * because no order is promised.
   */
  thaw(): void {
    const arrived = this.frozen ?? [];
    this.frozen = undefined;
    for (const go of arrived.reverse()) go();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hostBefore === '') delete process.env.DOCKER_HOST;
    else if (this.hostBefore !== undefined) process.env.DOCKER_HOST = this.hostBefore;
    this.drop();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method = '', url = '', headers } = incoming;
    const what = `${method} ${url}`;
    if (this.stop('request', what, answer)) return;
    const { refusing } = this;
    if (refusing && refusing.left > 0 && refusing.at.test(what)) {
      refusing.left -= 1;
      answer
        .writeHead(refusing.status, { 'content-type': 'application/json' })
        .end('{"message":"device or resource busy"}');
      return;
    }
    const forward = () => {
      const forwarded = request({ socketPath: this.socket, method, path: url, headers });
      answer.on('close', () => forwarded.destroy());
      forwarded.on('error', () => answer.destroy());
      forwarded.on('response', (response) => void this.answer(what, response, answer));
      return forwarded;
    };
    const { freezing } = this;
    if (freezing?.at.test(what)) {
      this.freezing = undefined;
      this.freeze();
      freezing.reached();
    }
    const { frozen } = this;
    if (!frozen) {
      incoming.pipe(forward());
      return;
    }
    void buffer(incoming).then((body) => {
      if (this.frozen === frozen) frozen.push(() => forward().end(body));
      else forward().end(body);
    });
  }

  private async answer(what: string, response: IncomingMessage, answer: ServerResponse): Promise<void> {
    response.on('error', () => answer.destroy());
    const created = nameIn(what);
    const body = created === undefined ? undefined : await text(response);
    const id = /"Id":"([0-9a-f]{64})"/.exec(body ?? '')?.[1];
    if (created !== undefined && id !== undefined) this.names.set(id, created);
    if (this.stop('answer', what, answer)) return;
    answer.writeHead(response.statusCode ?? 500, response.headers);
    answer.flushHeaders();
    if (body === undefined) response.pipe(answer);
    else answer.end(body);
  }

  /** @returns whether it goes no further. */
  private stop(way: Hold['way'], what: string, answer: ServerResponse): boolean {
    const name = nameIn(what) ?? this.names.get(/[0-9a-f]{64}/.exec(what)?.[0] ?? '') ?? '';
    const hold = this.holds.get(name);
    if (hold?.way === way && hold.at.test(what)) {
      this.holds.delete(name);
      this.waiting.push(answer);
      hold.reached();
      return true;
    }
    return answer.destroyed;
  }
}

const nameIn = (what: string) => /^POST \/containers\/create\?name=([^&]+)/.exec(what)?.[1];
