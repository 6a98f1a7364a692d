import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { onSmallDisk } from './small-disk.ts';

/** Debian's folder of the newest version; elsewhere its programs are on the path. */
const debian = '/usr/lib/postgresql';
const newest = existsSync(debian)
  ? readdirSync(debian).sort((one, other) => Number(other) - Number(one))[0]
  : undefined;
const bin = newest === undefined ? undefined : join(debian, newest, 'bin');

/** Why tests of PostgreSQL are skipped here; undefined if it is installed. */
export const noPostgres = bin && existsSync(join(bin, 'initdb')) ? undefined : 'PostgreSQL is not installed';

/** Such as `PostgreSQL 15.1`; undefined if it is not installed. */
export function postgresVersion(): string | undefined {
  if (noPostgres) return undefined;
  const said = execFileSync(join(bin ?? '', 'postgres'), ['--version'], { encoding: 'utf8' });
  return `PostgreSQL ${/[\d.]+/.exec(said)}`;
}

/** PostgreSQL refuses to run as root: Debian's package created a user for it. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** A cluster in a scratch folder, at a port of loopback and a socket in its folder. */
export class PostgresCluster implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  private readonly data: string;
  private server: ChildProcess | undefined;
  private lastSchema = 0;
  private frozen: readonly number[] = [];

  /** A file system of 2 MiB that only PostgreSQL sees and that holds all tables; only on request. */
  private readonly smallDisk: string | undefined;

  private constructor(folder: string, port: number, hasSmallDisk: boolean) {
    this.folder = folder;
    this.smallDisk = hasSmallDisk ? join(folder, 'small') : undefined;
    this.port = port;
    this.data = join(folder, 'data');
  }

  /** @param settings lines of its configuration. */
  static async start(
    settings: readonly string[] = [],
    { access, onSmallDisk: hasSmallDisk = false }: { access?: readonly string[]; onSmallDisk?: boolean } = {},
  ): Promise<PostgresCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-postgres-'));
    const { uid, gid } = unprivileged();
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
    const cluster = new PostgresCluster(folder, await freePort(), hasSmallDisk);
    const passwords = join(folder, 'password');
    writeFileSync(passwords, 'right\n');
    if (uid !== undefined && gid !== undefined) chownSync(passwords, uid, gid);
    cluster.run('initdb', [
      '-D',
      cluster.data,
      '-U',
      'box',
      '-A',
      'trust',
      '--pwfile',
      passwords,
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ]);
    const lines = ['fsync = off', 'shared_buffers = 16MB', 'max_connections = 60', ...settings];
    writeFileSync(join(cluster.data, 'postgresql.auto.conf'), `${lines.join('\n')}\n`);
    if (access) writeFileSync(join(cluster.data, 'pg_hba.conf'), `${access.join('\n')}\n`);
    const { smallDisk } = cluster;
    if (smallDisk !== undefined) mkdirSync(smallDisk);
    if (smallDisk !== undefined && uid !== undefined && gid !== undefined) chownSync(smallDisk, uid, gid);
    await cluster.up();
    if (smallDisk !== undefined) {
      cluster.sql(`CREATE TABLESPACE small LOCATION '${smallDisk}'`);
      cluster.sql('ALTER DATABASE postgres SET default_tablespace = small');
    }
    return cluster;
  }

  /** Of its first process, while it runs. */
  get pid(): number {
    return this.server?.pid ?? Number.NaN;
  }

  /** An empty place: each has its own schema. */
  place(): string {
    this.lastSchema += 1;
    return this.address(`schema=s${this.lastSchema}`);
  }

  address(parameters: string): string {
    return `postgres://box@127.0.0.1:${this.port}/postgres?${parameters}`;
  }

  run(program: string, args: readonly string[]): string {
    return execFileSync(join(bin ?? '', program), args, {
      ...unprivileged(),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Rows of a query, one per line. */
  sql(text: string): string {
    return this.run('psql', [
      '-h',
      this.folder,
      '-p',
      String(this.port),
      '-U',
      'box',
      '-d',
      'postgres',
      '-Atc',
      text,
    ]).trim();
  }

  async up(): Promise<void> {
    const args = ['-D', this.data, '-k', this.folder, '-p', String(this.port), '-h', '127.0.0.1'];
    const argv: [string, string[]] = [join(bin ?? '', 'postgres'), args];
    // PostgreSQL refuses to run as root, even as root of a namespace only.
    const mapping = [
      `--map-user=${unprivileged().uid ?? process.getuid?.()}`,
      `--map-group=${unprivileged().gid ?? process.getgid?.()}`,
    ];
    const [file, rest] =
      this.smallDisk === undefined ? argv : onSmallDisk(this.smallDisk, ['unshare', ...mapping, ...argv.flat()]);
    const start = () => spawn(file, rest, { ...unprivileged(), stdio: 'ignore' });
    this.server = start();
    for (let tries = 0; tries < 600; tries += 1) {
      // Children of a killed one may still exist: until they end no other one starts in this folder.
      if (this.server.exitCode !== null) this.server = start();
      if (this.isReady()) return;
      await setTimeout(50);
    }
    throw new Error('PostgreSQL did not start');
  }

  private isReady(): boolean {
    try {
      this.run('pg_isready', ['-q', '-h', this.folder, '-p', String(this.port)]);
      return true;
    } catch {
      return false;
    }
  }

  /** SIGINT: it ends its sessions and itself. SIGQUIT: at once. SIGKILL: of the first process; the others notice. */
  async down(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  }

  /**
   * Fills its small disk.
   * @returns a function that frees the space again.
   */
  fillDisk(): () => void {
    const write = (query: string) => this.sql(`COPY (${query}) TO '${this.smallDisk}/filler'`);
    try {
      write(`SELECT repeat('x', 1000) FROM generate_series(1, 3000)`);
    } catch {
      // Data that fitted stay there.
    }
    return () => write('SELECT 1 WHERE false');
  }

  /** Overwrites the first page of a table, or deletes its file, while it is down. */
  async damage(table: string, how: 'page' | 'gone' = 'page'): Promise<void> {
    if (this.smallDisk !== undefined) {
      // That one is removed with the process.
      for (const kind of ['TABLE', 'INDEX'])
        this.sql(`ALTER ${kind} ALL IN TABLESPACE small SET TABLESPACE pg_default`);
      this.sql('ALTER DATABASE postgres RESET default_tablespace');
    }
    this.sql('CHECKPOINT');
    const path = join(this.data, this.sql(`SELECT pg_relation_filepath('${table}')`));
    await this.down();
    if (how === 'gone') rmSync(path);
    else writeFileSync(path, Buffer.alloc(8_192, 0xa5), { flag: 'r+' });
    await this.up();
  }

  /** Ends the process of one session by SIGKILL: all sessions end, and PostgreSQL recovers by itself. */
  killSession(): void {
    const pid = this.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'signalbox' LIMIT 1");
    if (pid !== '') process.kill(Number(pid), 'SIGKILL');
  }

  /** Stops all of its processes with SIGSTOP. */
  freeze(): void {
    const { server } = this;
    if (server?.pid === undefined) return;
    server.kill('SIGSTOP');
    const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ');
    this.frozen = [server.pid, ...children.map(Number)];
    this.signalFrozen('SIGSTOP');
  }

  thaw(): void {
    this.signalFrozen('SIGCONT');
    this.frozen = [];
  }

  /** Some may just have ended. */
  private signalFrozen(signal: NodeJS.Signals): void {
    for (const pid of this.frozen) {
      try {
        process.kill(pid, signal);
      } catch {}
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    await this.down();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
