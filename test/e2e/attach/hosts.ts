import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

const ip = (...args: string[]) => void execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** Whether this user may create named network namespaces and links between them. */
export function canMakeHosts(): boolean {
  const name = `sbx-${randomBytes(3).toString('hex')}`;
  const isMade = spawnSync('ip', ['netns', 'add', name]).status === 0;
  if (!isMade) return false;
  const isLinked =
    spawnSync('ip', ['-n', name, 'link', 'add', 'sbx0', 'type', 'veth', 'peer', 'name', 'sbx1']).status === 0;
  ip('netns', 'del', name);
  return isLinked;
}

/**
 * Machines on one network: each is a network namespace; a bridge in another namespace connects them. Disposing removes
 * everything.
 */
export class Hosts implements Disposable {
  private readonly id = randomBytes(3).toString('hex');
  private readonly made: string[] = [];
  private middle = '';

  /** A host with this address in 10.0.0.0/24, which reaches only the other hosts. */
  host(address: string): string {
    if (this.middle === '') this.connect();
    const name = this.add(`h${this.made.length}`);
    const port = `port${this.made.length}`;
    ip('-n', this.middle, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    ip('-n', this.middle, 'link', 'set', port, 'master', 'br0', 'up');
    ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) ip('-n', name, 'link', 'set', link, 'up');
    return name;
  }

  [Symbol.dispose](): void {
    for (const name of this.made.splice(0)) spawnSync('ip', ['netns', 'del', name]);
  }

  private connect(): void {
    this.middle = this.add('net');
    ip('-n', this.middle, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', this.middle, 'link', 'set', 'br0', 'up');
  }

  private add(what: string): string {
    const name = `sbx-${this.id}-${what}`;
    ip('netns', 'add', name);
    this.made.push(name);
    return name;
  }
}

/** A program, as a user starts it on one of the hosts. */
export const onHost = (host: string, ...program: string[]): string[] => ['ip', 'netns', 'exec', host, ...program];
