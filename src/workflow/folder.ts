import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContract } from '../../schemas/index.ts';
import { SignalboxError } from '../../schemas/index.ts';
import { nearest } from '../nearest.ts';
import { wordsOf } from '../process/system-error.ts';
import { readBounded } from '../read-bounded.ts';
import { nameOfFile } from './check-text.ts';
import type { Trigger } from './definition.ts';
import { loadWorkflow, type Workflow } from './load.ts';
import { refuseSecrets, type SecretRefusal } from './secret-refusal.ts';

const lookEveryMs = 1_000;
/** More are not looked at. */
const maxFiles = 1_000;

/** A workflow that the server has. */
export interface KnownWorkflow {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly description?: string;
  readonly triggers: readonly Trigger[];
  readonly loaded: Workflow;
}

interface File {
  /** Which state of the file was read. */
  readonly stamp: string;
  /** The last one that could be run. */
  readonly workflow: KnownWorkflow | undefined;
  /** What is wrong with the newest one. */
  readonly problem: string | undefined;
}

interface FolderOptions {
  readonly folder: string;
  readonly contracts: ReadonlyMap<string, CommandContract>;
  readonly secretRefusal?: SecretRefusal;
  /** Is told once what is wrong with a file. */
  readonly warn: (sentence: string) => void;
}

/** The workflows in a folder. A file that is broken is told, and the one before stays. */
export class WorkflowFolder implements Disposable {
  private readonly options: FolderOptions;
  private files = new Map<string, File>();
  private timer: NodeJS.Timeout | undefined;
  private isDisposed = false;
  private said: string | undefined;
  /** Is called when the workflows are others than before. */
  onChange: () => void = () => {};

  private constructor(options: FolderOptions) {
    this.options = options;
  }

  /** @throws SignalboxError `bad_usage` where the folder cannot be read. */
  static async open(options: FolderOptions): Promise<WorkflowFolder> {
    const opened = new WorkflowFolder(options);
    await opened.look();
    opened.lookSoon();
    return opened;
  }

  /** By their names. */
  get workflows(): KnownWorkflow[] {
    return [...this.files.values()].flatMap(({ workflow }) => workflow ?? []);
  }

  /** @throws SignalboxError `bad_usage`, with the nearest name. */
  get(name: string): KnownWorkflow {
    const found = this.workflows.find((one) => one.name === name);
    if (found) return found;
    const names = this.workflows.map((one) => one.name);
    const meant = nearest(name, names);
    const hint = meant === undefined ? `there is ${names.slice(0, 20).join(', ') || 'none'}` : `did you mean ${meant}?`;
    throw new SignalboxError('bad_usage', `there is no workflow ${name} in the folder; ${hint}`);
  }

  [Symbol.dispose](): void {
    this.isDisposed = true;
    clearTimeout(this.timer);
  }

  private lookSoon(): void {
    if (this.isDisposed) return;
    const again = async () => {
      await this.look().then(
        () => this.say(undefined),
        (error: SignalboxError) => this.say(error.message),
      );
      this.lookSoon();
    };
    this.timer = setTimeout(() => void again(), lookEveryMs).unref();
  }

  private say(sentence: string | undefined): void {
    if (sentence !== undefined && sentence !== this.said) this.options.warn(sentence);
    this.said = sentence;
  }

  /** Reads what has changed. */
  private async look(): Promise<void> {
    const { folder } = this.options;
    const names = await readdir(folder).catch((cause: unknown) => {
      throw new SignalboxError('bad_usage', `the workflows in ${folder} cannot be read: ${wordsOf(cause)}`, { cause });
    });
    const files = new Map<string, File>();
    for (const name of names
      .filter((one) => /\.ya?ml$/.test(one))
      .sort()
      .slice(0, maxFiles)) {
      const path = join(folder, name);
      const stamp = await stat(path, { bigint: true }).then(
        ({ ino, size, mtimeNs, ctimeNs }) => [ino, size, mtimeNs, ctimeNs].join(' '),
        () => 'gone',
      );
      const before = this.files.get(path);
      files.set(path, before?.stamp === stamp ? before : this.read(path, stamp, before, files));
    }
    if (this.isDisposed) return;
    const before = this.workflows;
    this.files = files;
    const { workflows } = this;
    const isSame = workflows.length === before.length && workflows.every((one, at) => one === before[at]);
    if (!isSame) this.onChange();
  }

  private read(path: string, stamp: string, before: File | undefined, others: ReadonlyMap<string, File>): File {
    const { contracts, secretRefusal = refuseSecrets, warn } = this.options;
    const failed = (problem: string): File => {
      if (problem !== before?.problem) warn(`${problem}${before?.workflow ? '; the one before stays' : ''}`);
      return { stamp, workflow: before?.workflow, problem };
    };
    try {
      const text = readBounded(path, `the workflow ${path}`);
      const loaded = loadWorkflow(text, { name: nameOfFile(path), contracts, secretRefusal });
      if ('problems' in loaded) {
        const lines = loaded.problems.map(({ line, column, sentence }) => `${path}:${line}:${column}: ${sentence}`);
        return failed(lines.join('\n'));
      }
      const { name, definition } = loaded.workflow;
      const other = [...others].find(([, { workflow }]) => workflow?.name === name);
      if (other) return failed(`${path}: ${other[0]} has a workflow ${name} already`);
      const { description, on: triggers } = definition;
      const about = description === undefined ? {} : { description };
      const workflow = { name, file: path, text, triggers, loaded: loaded.workflow, ...about };
      return { stamp, workflow, problem: undefined };
    } catch (error) {
      return failed(SignalboxError.from(error, 'internal').message);
    }
  }
}
