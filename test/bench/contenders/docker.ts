import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { baseImage, tinyImage } from '../../engine/support/tiny-image.ts';

/** Such as `Docker 28.2.2, overlay2`; undefined if no engine answers, or if it has no image for a container. */
export function dockerVersion(): string | undefined {
  try {
    const version = docker('version', '--format', '{{.Server.Version}}');
    const has = (image: string) => docker('image', 'ls', '--quiet', image) !== '';
    if (!has(tinyImage) && !has(baseImage)) return undefined;
    return `Docker ${version}, ${docker('info', '--format', '{{.Driver}}')}`;
  } catch {
    return undefined;
  }
}

/** Runs a container as users do, until it has ended and is removed. */
export async function dockerRun(...args: readonly string[]): Promise<void> {
  const child = spawn('docker', ['run', '--rm', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`docker run ${args.join(' ')} ended with ${code}`);
}

const docker = (...args: string[]): string =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
