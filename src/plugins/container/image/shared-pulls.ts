import type Docker from 'dockerode';
import { canonicalName, parseImageReference } from './image-reference.ts';
import { type PullWatcher, pullImage } from './pull-image.ts';
import type { PullProgress } from './pull-progress.ts';

interface Pull {
  readonly key: string;
  readonly watchers: Set<PullWatcher>;
  readonly abort: AbortController;
  readonly ended: Promise<PullProgress>;
  newest(): PullProgress | undefined;
}

/** The pulls of one client. Jobs that need an image at the same time share a pull, which ends with the last job that needs it. */
export class SharedPulls {
  private readonly running = new Map<string, Pull>();
  private readonly pull: typeof pullImage;

  /** @param pull default: pulls with the engine */
  constructor(pull: typeof pullImage = pullImage) {
    this.pull = pull;
  }

  /**
   * Resolves when the image is available.
   * @throws the errors of `pullImage`; the reason of `signal`, which ends the pull unless another job waits for it
   */
  async join(docker: Docker, image: string, watcher: PullWatcher, signal: AbortSignal): Promise<PullProgress> {
    signal.throwIfAborted();
    const pull = this.runningPull(docker, image);
    const { promise: left, reject: leave } = Promise.withResolvers<never>();
    const onAbort = () => leave(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    pull.watchers.add(watcher);
    const newest = pull.newest();
    if (newest) watcher.progress(newest);
    try {
      return await Promise.race([pull.ended, left]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      pull.watchers.delete(watcher);
      if (pull.watchers.size === 0) {
        // Later jobs must not join a pull that is being ended.
        this.forget(pull);
        pull.abort.abort(signal.reason);
      }
    }
  }

  private runningPull(docker: Docker, image: string): Pull {
    const reference = parseImageReference(image);
    const key = canonicalName(reference);
    const known = this.running.get(key);
    if (known) return known;
    const watchers = new Set<PullWatcher>();
    const abort = new AbortController();
    let newest: PullProgress | undefined;
    const tell: PullWatcher = {
      warn: (sentence) => {
        for (const watcher of watchers) watcher.warn(sentence);
      },
      progress: (progress) => {
        newest = progress;
        for (const watcher of watchers) watcher.progress(progress);
      },
    };
    const ended = this.pull(docker, { image, reference }, tell, abort.signal);
    const pull: Pull = { key, watchers, abort, ended, newest: () => newest };
    this.running.set(key, pull);
    const forget = () => this.forget(pull);
    ended.then(forget, forget);
    return pull;
  }

  private forget(pull: Pull): void {
    if (this.running.get(pull.key) === pull) this.running.delete(pull.key);
  }
}
