import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formOfUnheld, HeldFolder } from './held-folder.ts';

const formOfName = /^[0-9a-f]{16}$/;
/** A client that is older was killed before it held its folder. */
const unheldForMs = 60_000;

/**
 * The folders of temporary clients that were killed. Each is held by the one client that has found it, until all commands
 * that have something there have recovered it.
 */
export class LeftFolders implements Disposable {
  private readonly parent: string;
  private folders: Promise<HeldFolder[]> | undefined;
  /** Folders of commands that are not recovered yet. */
  private readonly kept = new Set<string>();

  constructor(parent: string) {
    this.parent = parent;
  }

  /** What was left of the jobs of a command. */
  async of(command: string): Promise<string[]> {
    this.folders ??= takeAll(this.parent);
    const folders = await this.folders;
    return folders.filter(({ commands }) => commands.includes(command)).map((folder) => folder.of(command));
  }

  /** It stays, though its command has been asked to recover it. */
  keep(folder: string): void {
    this.kept.add(folder);
  }

  keeps(folder: string): boolean {
    return this.kept.has(folder);
  }

  /** The command has recovered what it was told of. */
  async recovered(command: string): Promise<void> {
    for (const folder of (await this.folders) ?? []) {
      if (!this.kept.has(join(folder.path, command))) folder.remove(command);
    }
  }

  /**
   * Lets go of what this client has nothing more to do with.
   * @param others its commands that recover nothing: what they left is of no use.
   */
  async release(others: readonly string[]): Promise<void> {
    const folders = (await this.folders) ?? [];
    this.folders = Promise.resolve(
      folders.filter((folder) => {
        for (const command of others) folder.remove(command);
        if (folder.commands.some((command) => this.kept.has(join(folder.path, command)))) return true;
        letGo(folder);
        return false;
      }),
    );
  }

  [Symbol.dispose](): void {
    void this.folders?.then((folders) => folders.forEach(letGo));
  }
}

function letGo(folder: HeldFolder): void {
  using _ = folder;
  folder.removeIfEmpty();
}

async function takeAll(parent: string): Promise<HeldFolder[]> {
  const taken: HeldFolder[] = [];
  for (const name of namesIn(parent)) {
    const path = join(parent, name);
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (!info?.isDirectory() || info.uid !== process.getuid?.()) continue;
    if (!formOfName.test(name) && Date.now() - info.mtimeMs < unheldForMs) continue;
    // One that cannot be taken is left to the next client.
    const folder = await HeldFolder.take(path).catch(() => undefined);
    if (folder) taken.push(folder);
  }
  return taken;
}

function namesIn(parent: string): string[] {
  try {
    return readdirSync(parent).filter((name) => formOfName.test(name) || formOfUnheld.test(name));
  } catch {
    // No client has been here.
    return [];
  }
}
