import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContract } from '../../schemas/index.ts';
import { SignalboxError } from '../../schemas/index.ts';
import { wordsOf } from '../process/system-error.ts';
import { readBounded } from '../read-bounded.ts';
import { nameOfFile } from './check-text.ts';
import type { Trigger } from './definition.ts';
import { loadWorkflow, type Workflow } from './load.ts';
import { refuseSecrets, type SecretRefusal } from './secret-refusal.ts';

/** Files beyond this number are ignored. */
const maxFiles = 1_000;
/**
 * A file that changed less than this time ago, in ms, may be half written, or change again without a visible
 * difference.
 */
const restMs = 50;
/** A file that keeps changing is read after this number of scans. */
const maxPutOff = 5;

/** A workflow of the server. */
export interface KnownWorkflow {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly description?: string;
  readonly triggers: readonly Trigger[];
  readonly loaded: Workflow;
}

interface File {
  /** Identifies the state of the file that was read. */
  readonly stamp: string;
  /** The last valid workflow. */
  readonly workflow: KnownWorkflow | undefined;
  /** The errors of the newest state. */
  readonly problem: string | undefined;
  /** Number of scans in which it was not read, because it keeps changing. */
  readonly putOff: number;
}

const unread: File = { stamp: '', workflow: undefined, problem: undefined, putOff: 0 };

export interface FolderOptions {
  readonly folder: string;
  readonly contracts: ReadonlyMap<string, CommandContract>;
  readonly secretRefusal?: SecretRefusal;
  /** Called once for each error of a file. */
  readonly warn: (sentence: string) => void;
}

/** The files in a folder and their workflows. If two workflows share a name, the one that was loaded first stays. */
export class FolderFiles {
  /** In the order of the files. */
  workflows: readonly KnownWorkflow[] = [];
  /** Whether some files were not read because they are changing. */
  hasPutOff = false;
  private readonly options: FolderOptions;
  private files = new Map<string, File>();
  /** The file that owns each name. */
  private owners = new Map<string, string>();
  private said = new Set<string>();

  constructor(options: FolderOptions) {
    this.options = options;
  }

  /**
   * Reads changed files. @param readsAll also files that are just changing. @returns whether the workflows have
   * changed.
   */
  async look(readsAll = false): Promise<boolean> {
    const { folder } = this.options;
    const found = await readdir(folder).catch((cause: unknown) => {
      throw new SignalboxError('bad_usage', `the workflows in ${folder} cannot be read: ${wordsOf(cause)}`, { cause });
    });
    const names = found.filter((one) => /\.ya?ml$/.test(one)).sort();
    const files = new Map<string, File>();
    for (const name of names.slice(0, maxFiles)) {
      const path = join(folder, name);
      const { stamp, isFresh } = await stampOf(path);
      const before = this.files.get(path) ?? unread;
      const putsOff = isFresh && !readsAll && before.putOff < maxPutOff;
      files.set(path, putsOff ? { ...before, putOff: before.putOff + 1 } : this.readIfNew(path, stamp, before));
    }
    this.files = files;
    this.hasPutOff = [...files.values()].some(({ putOff }) => putOff > 0);
    const tooMany = `${folder} has ${names.length} files; only the first ${maxFiles} are read`;
    return this.take(names.length > maxFiles ? [tooMany] : []);
  }

  private readIfNew(path: string, stamp: string, before: File): File {
    return before.stamp === stamp ? { ...before, putOff: 0 } : this.read(path, stamp, before);
  }

  private read(path: string, stamp: string, before: File): File {
    const { contracts, secretRefusal = refuseSecrets, warn } = this.options;
    const failed = (problem: string): File => {
      if (problem !== before.problem) {
        for (const line of `${problem}${before.workflow ? '; the previous version stays in use' : ''}`.split('\n'))
          warn(line);
      }
      return { stamp, workflow: before.workflow, problem, putOff: 0 };
    };
    try {
      const text = readBounded(path, `the workflow ${path}`);
      if (text === before.workflow?.text) return { ...before, stamp, problem: undefined, putOff: 0 };
      const loaded = loadWorkflow(text, { name: nameOfFile(path), contracts, secretRefusal });
      if ('problems' in loaded) {
        const lines = loaded.problems.map(({ line, column, sentence }) => `${path}:${line}:${column}: ${sentence}`);
        return failed(lines.join('\n'));
      }
      const { name, definition } = loaded.workflow;
      const { description, on: triggers } = definition;
      const about = description === undefined ? {} : { description };
      const workflow = { name, file: path, text, triggers, loaded: loaded.workflow, ...about };
      return { stamp, workflow, problem: undefined, putOff: 0 };
    } catch (error) {
      return failed(SignalboxError.from(error, 'internal').message);
    }
  }

  /** Assigns each name to one file. */
  private take(problems: string[]): boolean {
    const owners = new Map<string, string>();
    for (const [name, path] of this.owners) if (this.files.get(path)?.workflow?.name === name) owners.set(name, path);
    const workflows: KnownWorkflow[] = [];
    for (const [path, { workflow }] of this.files) {
      if (!workflow) continue;
      const owner = owners.get(workflow.name) ?? path;
      owners.set(workflow.name, owner);
      if (owner === path) workflows.push(workflow);
      else problems.push(`${path}: ${owner} already defines the workflow ${workflow.name}`);
    }
    for (const problem of problems) if (!this.said.has(problem)) this.options.warn(problem);
    this.said = new Set(problems);
    this.owners = owners;
    const before = this.workflows;
    this.workflows = workflows;
    return workflows.length !== before.length || workflows.some((one, at) => one !== before[at]);
  }
}

async function stampOf(path: string): Promise<{ readonly stamp: string; readonly isFresh: boolean }> {
  try {
    const { ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
    const isFresh = Math.abs(Date.now() - Number(ctimeMs)) < restMs;
    return { stamp: [ino, size, mtimeNs, ctimeNs].join(' '), isFresh };
  } catch {
    return { stamp: 'gone', isFresh: false };
  }
}
