import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Maximum time of a round of tests; a longer one counts as hanging. */
const roundMs = 10 * 60_000;
const marker = 'MUTATION_RUN';

/** A private copy of the files that git tracks or would add. Disposing ends processes left by its tests, and removes it. */
export class Workspace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'mutate-'));

  constructor(root: string) {
    const git = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '-z'];
    const listed = execFileSync('git', git, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
    for (const file of listed) cpSync(join(root, file), join(this.folder, file));
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  /** Ignores unused names, which a dropped statement can leave. */
  compiles(): Promise<boolean> {
    return this.run('tsc', [
      '-p',
      'tsconfig.build.json',
      '--noEmit',
      '--noUnusedLocals',
      'false',
      '--noUnusedParameters',
      'false',
    ]);
  }

  /** @returns whether the tests pass. */
  async passes(args: readonly string[]): Promise<boolean> {
    const passed = await this.run('vitest', [...args, '--bail', '1', '--passWithNoTests']);
    this.endProcesses();
    return passed;
  }

  private async run(bin: string, args: readonly string[]): Promise<boolean> {
    const child = spawn(join(this.folder, 'node_modules/.bin', bin), args, {
      cwd: this.folder,
      env: { ...process.env, [marker]: this.folder },
      stdio: 'ignore',
      timeout: roundMs,
      killSignal: 'SIGKILL',
    });
    const [code] = await once(child, 'exit');
    return code === 0;
  }

  /** A mutant may leave processes of the tests running; they have the marker in their environment. */
  private endProcesses(): void {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
        if (environment.includes(`${marker}=${this.folder}`)) process.kill(Number(pid), 'SIGKILL');
      } catch {
        // The process has ended.
      }
    }
  }

  [Symbol.dispose](): void {
    this.endProcesses();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
