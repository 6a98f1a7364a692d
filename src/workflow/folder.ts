import { SignalboxError } from '../../schemas/index.ts';
import { monotonicMs } from '../clock.ts';
import { nearest } from '../nearest.ts';
import { FolderFiles, type FolderOptions, type KnownWorkflow } from './folder-files.ts';
import { FolderHints } from './folder-hints.ts';

const lookEveryMs = 1_000;
const afterHintMs = 200;
/** Scanning many files takes time. After a scan, wait this many times as long: without a hint, and with one. */
const idleFactor = 50;
const busyFactor = 5;

/** The workflows in a folder. Errors of a file are reported, and its previous version stays in use. */
export class WorkflowFolder implements Disposable {
  /** Called when the workflows have changed. */
  onChange: () => void = () => {};
  private readonly options: FolderOptions;
  private readonly files: FolderFiles;
  private readonly hints: FolderHints;
  private timer: NodeJS.Timeout | undefined;
  private isDisposed = false;
  private isLooking = false;
  /** Whether something may have changed since the last scan began. */
  private isHinted = false;
  /** When the last scan ended, and how long it took. */
  private lookedMs = 0;
  private tookMs = 0;
  private said: string | undefined;

  private constructor(options: FolderOptions) {
    this.options = options;
    this.files = new FolderFiles(options);
    this.hints = new FolderHints(options.folder, () => this.hinted());
  }

  /** @throws SignalboxError `bad_usage` if the folder cannot be read. */
  static async open(options: FolderOptions): Promise<WorkflowFolder> {
    const opened = new WorkflowFolder(options);
    await opened.files.look(true);
    await opened.hints.renew();
    opened.lookedMs = monotonicMs();
    opened.lookIn(lookEveryMs);
    return opened;
  }

  get workflows(): readonly KnownWorkflow[] {
    return this.files.workflows;
  }

  /** @throws SignalboxError `bad_usage`, with the nearest name. */
  get(name: string): KnownWorkflow {
    const found = this.workflows.find((one) => one.name === name);
    if (found) return found;
    const names = this.workflows.map((one) => one.name);
    const meant = nearest(name, names);
    const hint = meant === undefined ? `known: ${names.slice(0, 20).join(', ') || 'none'}` : `did you mean ${meant}?`;
    throw new SignalboxError('bad_usage', `there is no workflow ${name} in the folder; ${hint}`);
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
    this.hints[Symbol.dispose]();
    clearTimeout(this.timer);
  }

  /** @param ms after the last scan. */
  private lookIn(ms: number): void {
    if (this.isDisposed || this.isLooking) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), Math.max(0, this.lookedMs + ms - monotonicMs())).unref();
  }

  private async look(): Promise<void> {
    this.isLooking = true;
    this.isHinted = false;
    const beganMs = monotonicMs();
    try {
      if ((await this.files.look()) && !this.isDisposed) this.onChange();
      this.say(undefined);
    } catch (error) {
      this.say(SignalboxError.from(error, 'internal').message);
    }
    if (!this.isDisposed) await this.hints.renew();
    if (this.isDisposed) this.hints[Symbol.dispose]();
    this.isLooking = false;
    this.lookedMs = monotonicMs();
    this.tookMs = this.lookedMs - beganMs;
    const isSoon = this.isHinted || this.files.hasPutOff;
    this.lookIn(isSoon ? this.soonMs : Math.max(lookEveryMs, this.tookMs * idleFactor));
  }

  private get soonMs(): number {
    return Math.max(afterHintMs, this.tookMs * busyFactor);
  }

  private hinted(): void {
    if (this.isHinted) return;
    this.isHinted = true;
    this.lookIn(this.soonMs);
  }

  private say(sentence: string | undefined): void {
    if (sentence !== undefined && sentence !== this.said && !this.isDisposed) this.options.warn(sentence);
    this.said = sentence;
  }
}
