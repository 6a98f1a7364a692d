import { join } from 'node:path';
import { SignalboxError } from '../../../schemas/index.ts';
import { makeFolder } from '../../make-folder.ts';
import { wordsOf } from '../../process/system-error.ts';
import { stateFolder } from '../../state-folder.ts';
import type { ClientOptions } from '../api.ts';
import { HeldFolder, holderOf } from './held-folder.ts';
import { LeftFolders } from './left-folders.ts';

/**
 * The state that commands of a client keep beyond its process. Nothing is created until a command asks for its folder;
 * from then on this process holds the folder of the client until it ends.
 */
export class KeptState {
  readonly left: LeftFolders | undefined;
  private readonly options: Pick<ClientOptions, 'named' | 'stateFolder' | 'temporaryStateIn'> & {
    readonly name: string;
  };
  private readonly refusals = new WeakSet<Error>();
  private held: Promise<HeldFolder> | undefined;
  private isClosed = false;

  constructor(options: KeptState['options']) {
    this.options = options;
    const { temporaryStateIn } = options;
    if (temporaryStateIn !== undefined) this.left = new LeftFolders(temporaryStateIn);
  }

  /**
   * Returns the folder of a command.
   * @throws SignalboxError `not_allowed` if the client has no lasting state; `name_taken` if another process holds it;
   * `closed`; `command_failed` if it cannot be created.
   */
  async folderOf(command: string): Promise<string> {
    if (this.isClosed) throw new SignalboxError('closed', 'this client has ended');
    this.held ??= this.take();
    const { held } = this;
    try {
      const folder = await held;
      return folder.of(command);
    } catch (cause) {
      if (this.held === held) this.held = undefined;
      if (cause instanceof SignalboxError) throw cause;
      const text = `cannot keep state for ${this.options.name}: ${wordsOf(cause)}`;
      throw new SignalboxError('command_failed', text, { cause });
    }
  }

  /** Whether this error means that the client has no state, or none yet. The client can run without it. */
  isRefusal(error: unknown): boolean {
    return error instanceof Error && this.refusals.has(error);
  }

  /** @param allEnded whether no job remains that may need its state. */
  async close(allEnded: boolean): Promise<void> {
    this.isClosed = true;
    this.left?.[Symbol.dispose]();
    using folder = await this.held?.catch(() => undefined);
    if (!folder || this.options.temporaryStateIn === undefined || !allEnded) return;
    try {
      for (const command of folder.commands) {
        if (!this.left?.keeps(join(folder.path, command))) folder.remove(command);
      }
      folder.removeIfEmpty();
    } catch {
      // The next temporary client cleans it up.
    }
  }

  private async take(): Promise<HeldFolder> {
    const { name, named = true, temporaryStateIn } = this.options;
    if (temporaryStateIn !== undefined) return await HeldFolder.make(temporaryStateIn);
    if (!named) {
      const text = `the name ${name} changes with every start, so the client cannot keep state; start the client with --name or --credentials`;
      throw this.refusal('not_allowed', text);
    }
    const path = this.options.stateFolder ?? defaultFolder(name);
    if (path === undefined) {
      throw this.refusal('not_allowed', 'this user has no home folder for state; start the client with --state DIR');
    }
    makeFolder(path);
    const folder = await HeldFolder.take(path);
    if (folder) return folder;
    const text = `the state of ${name} in ${path} is in use by ${holderOf(path)}; end that client, or use another --name or --state`;
    throw this.refusal('name_taken', text);
  }

  private refusal(code: 'not_allowed' | 'name_taken', text: string): SignalboxError {
    const error = new SignalboxError(code, text);
    this.refusals.add(error);
    return error;
  }
}

function defaultFolder(name: string): string | undefined {
  const folder = stateFolder(process.env);
  return folder === undefined ? undefined : join(folder, 'client', name);
}
