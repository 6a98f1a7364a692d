import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { Daemon } from '../programs/daemon.ts';

const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));
/** The folder for root's unprivileged sshd; normally an init system makes it. */
const hasEmptyFolder = process.getuid?.() !== 0 || existsSync('/run/sshd');

/** The output of `clush --version`, or undefined if it is not on the PATH, or no sshd can start. */
export function clushVersion(): string | undefined {
  try {
    if (sshd === undefined || !hasEmptyFolder) return undefined;
    return execFileSync('clush', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/**
 * Hosts h-1, h-2 … that ssh reaches, each a separate sshd on loopback with its own keys. A connection stays open for
 * the next command (`ControlMaster`), as frequent users configure it.
 */
export class SshHosts implements AsyncDisposable {
  readonly names: readonly string[];
  private readonly folder = mkdtempSync(join(tmpdir(), 'signalbox-ssh-'));
  private readonly daemons = new AsyncDisposableStack();

  private constructor(count: number) {
    this.names = Array.from({ length: count }, (_, index) => `h-${index + 1}`);
  }

  static async start(count: number): Promise<SshHosts> {
    const hosts = new SshHosts(count);
    await hosts.open();
    return hosts;
  }

  /** `true` on all of them. */
  get command(): string[] {
    return ['clush', '-o', `-F ${this.at('ssh_config')}`, '-w', this.names.join(','), 'true'];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.names) {
      try {
        execFileSync('ssh', ['-F', this.at('ssh_config'), '-O', 'exit', name], { stdio: 'ignore' });
      } catch {
        // It has no connection.
      }
    }
    await this.daemons.disposeAsync();
    rmSync(this.folder, { recursive: true });
  }

  private async open(): Promise<void> {
    for (const key of ['host', 'user']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', this.at(key)]);
    }
    copyFileSync(this.at('user.pub'), this.at('authorized_keys'));
    const ports = await Promise.all(this.names.map(() => freePort()));
    writeFileSync(
      this.at('sshd_config'),
      `HostKey ${this.at('host')}
AuthorizedKeysFile ${this.at('authorized_keys')}
PasswordAuthentication no
UsePAM no
StrictModes no
PidFile none
`,
    );
    const places = this.names.map((name, index) => `Host ${name}\n  HostName 127.0.0.1\n  Port ${ports[index]}\n`);
    writeFileSync(
      this.at('ssh_config'),
      `${places.join('')}Host *
  User ${userInfo().username}
  IdentityFile ${this.at('user')}
  IdentitiesOnly yes
  UserKnownHostsFile ${this.at('known_hosts')}
  StrictHostKeyChecking accept-new
  LogLevel ERROR
  ControlMaster auto
  ControlPath ${this.folder}/%n
  ControlPersist 10m
`,
    );
    await Promise.all(
      ports.map(async (port) => {
        const listen = ['-o', `ListenAddress=127.0.0.1:${port}`];
        const daemon = this.daemons.use(new Daemon([String(sshd), '-D', '-f', this.at('sshd_config'), ...listen]));
        await daemon.listens({ port });
      }),
    );
  }

  private at(name: string): string {
    return join(this.folder, name);
  }
}
