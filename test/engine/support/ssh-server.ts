import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../support/free-port.ts';

/**
 * An OpenSSH server on loopback for this user, and a folder for `PATH` with an `ssh` that uses only this configuration.
 */
export class SshServer implements AsyncDisposable {
  readonly port: number;
  readonly user = userInfo().username;
  /** Of the program `ssh`. */
  readonly programs: string;
  private readonly folder: string;
  private readonly server: ChildProcess;

  private constructor(port: number, folder: string, server: ChildProcess) {
    this.port = port;
    this.folder = folder;
    this.programs = join(folder, 'bin');
    this.server = server;
  }

  static async start(): Promise<SshServer> {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-ssh-'));
    const port = await freePort();
    const file = (name: string) => join(folder, name);
    for (const key of ['host', 'key']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)]);
    }
    copyFileSync(file('key.pub'), file('authorized'));
    const options = [`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${file('host')}`, `PidFile ${file('pid')}`];
    const access = [`AuthorizedKeysFile ${file('authorized')}`, 'StrictModes no', 'UsePAM no', 'PermitRootLogin yes'];
    writeFileSync(file('sshd_config'), [...options, ...access, ''].join('\n'));
    const known = [`UserKnownHostsFile ${file('known')}`, `IdentityFile ${file('key')}`, 'StrictHostKeyChecking yes'];
    // One connection for all requests, as docs/containers.md advises.
    const shared = ['ControlMaster auto', `ControlPath ${file('control')}`, 'ControlPersist 60'];
    writeFileSync(file('ssh_config'), [...known, ...shared, ''].join('\n'));
    mkdirSync(file('bin'));
    writeFileSync(file('bin/ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${file('ssh_config')} "$@"\n`);
    chmodSync(file('bin/ssh'), 0o755);
    // It drops its rights and then uses that folder.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
    const server = spawn('/usr/sbin/sshd', ['-D', '-f', file('sshd_config')], { stdio: 'ignore' });
    const ssh = new SshServer(port, folder, server);
    while (server.exitCode === null && !existsSync(file('pid'))) await setTimeout(10);
    if (server.exitCode !== null) throw new Error('sshd did not start');
    return ssh;
  }

  /** From now on the client knows its key. */
  trust(): void {
    writeFileSync(
      join(this.folder, 'known'),
      `[127.0.0.1]:${this.port} ${readFileSync(join(this.folder, 'host.pub'), 'utf8')}`,
    );
  }

  /** Ends the connection, a separate process, with everything that uses it. The next request makes another one. */
  cut(): void {
    if (!existsSync(join(this.folder, 'control'))) return;
    execFileSync(join(this.programs, 'ssh'), ['-O', 'exit', '127.0.0.1'], { stdio: 'ignore' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    const closed = once(this.server, 'close');
    if (this.server.kill('SIGTERM')) await closed;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
