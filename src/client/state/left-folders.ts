import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { formOfUnheld, HeldFolder } from './held-folder.ts';

const formOfName = /^[0-9a-f]{16}$/;
/** A folder without a lock that is older than this belongs to a client that was killed before it took the lock. */
const unheldForMs = 60_000;

/**
 * Folders left by temporary clients that were killed. The client that finds one holds it until all commands with data in
 * it have recovered their jobs.
 */
export class LeftFolders implements Disposable {
  private readonly parent: string;
  private folders: Promise<HeldFolder[]> | undefined;
  /** Folders of commands that are not fully recovered. */
  private readonly kept = new Set<string>();

  constructor(parent: string) {
    this.parent = parent;
  }

  /** Folders left by jobs of a command. */
  async of(command: string): Promise<string[]> {
    this.folders ??= takeAll(this.parent);
    const folders = await this.folders;
    return folders.filter(({ commands }) => commands.includes(command)).map((folder) => folder.of(command));
  }

  /** Keeps a folder although its command has been asked to recover it. */
  keep(folder: string): void {
    this.kept.add(folder);
  }

  keeps(folder: string): boolean {
    return this.kept.has(folder);
  }

  /** The command has recovered its folders; removes those that it does not keep. */
  async recovered(command: string): Promise<void> {
    for (const folder of (await this.folders) ?? []) {
      if (!this.kept.has(join(folder.path, command))) folder.remove(command);
    }
  }

  /**
   * Releases folders that this client no longer needs.
   * @param others commands that cannot recover jobs, so what they left is useless.
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
    // A folder that cannot be taken is left to the next client.
    const folder = await HeldFolder.take(path).catch(() => undefined);
    if (folder) taken.push(folder);
  }
  return taken;
}

function namesIn(parent: string): string[] {
  try {
    return readdirSync(parent).filter((name) => formOfName.test(name) || formOfUnheld.test(name));
  } catch {
    // There are no leftovers.
    return [];
  }
}
