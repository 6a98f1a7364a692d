import type { SwarmEvents } from '../user/swarm-events.ts';

const sayEveryMs = 1_000;

interface SwarmNewsOptions {
  readonly ids: readonly string[];
  readonly where: string;
  readonly say: (line: string) => void;
}

/** Prints how many users are connected: at once when all are, otherwise at most once a second. */
export class SwarmNews implements SwarmEvents, Disposable {
  metrics: SwarmEvents | undefined;
  private readonly options: SwarmNewsOptions;
  private users = 0;
  private error: Error | undefined;
  private said = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(options: SwarmNewsOptions) {
    this.options = options;
  }

  /** The current state, in one line. */
  get text(): string {
    const { ids, where } = this.options;
    const [id = ''] = ids;
    const why = this.error && this.users < ids.length ? `: ${this.error.message}; trying again` : '';
    if (ids.length === 1) return `${id} is ${this.users === 1 ? '' : 'not '}connected to ${where}${why}`;
    return `${this.users} of ${ids.length} users are connected to ${where}${why}`;
  }

  connected(users: number, error?: Error): void {
    this.users = users;
    if (error) this.error = error;
    this.metrics?.connected(users, error);
    if (users === this.options.ids.length) this.tell();
    else this.timer ??= setTimeout(() => this.tell(), sayEveryMs);
  }

  pinged(sinceMs: number | undefined): void {
    this.metrics?.pinged(sinceMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.timer);
  }

  private tell(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { text } = this;
    if (text === this.said) return;
    this.said = text;
    this.options.say(text);
  }
}
