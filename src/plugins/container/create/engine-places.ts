import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Paths whose access means access as root, or as the user of a rootless engine. Links are resolved. */
export interface EnginePlaces {
  /** Sockets of engines on this machine. */
  readonly sockets: readonly string[];
  /** Folders where engines keep images, containers and volumes. */
  readonly folders: readonly string[];
}

export async function enginePlaces(env: NodeJS.ProcessEnv = process.env, home = homedir()): Promise<EnginePlaces> {
  const { DOCKER_HOST = '', XDG_RUNTIME_DIR = '' } = env;
  const own = /^unix:\/\/(.+)/.exec(DOCKER_HOST)?.[1];
  // An engine may be started later than its client.
  const sockets = ['/var/run/docker.sock', ...(own === undefined ? [] : [resolve(own)])];
  const others = [
    '/run/containerd/containerd.sock',
    '/run/podman/podman.sock',
    join(home, '.docker/run/docker.sock'),
    ...(XDG_RUNTIME_DIR === '' ? [] : ['docker.sock', 'podman/podman.sock'].map((name) => join(XDG_RUNTIME_DIR, name))),
  ];
  const system = ['docker', 'containerd', 'containers'].map((name) => join('/var/lib', name));
  const rootless = ['docker', 'containers'].map((name) => join(home, '.local/share', name));
  return {
    sockets: await places([...sockets, ...others.filter((path) => existsSync(path))]),
    folders: await places([...system, ...rootless].filter((path) => existsSync(path))),
  };
}

/** Each path with the links of its folder resolved, and the target of the path itself. */
async function places(paths: readonly string[]): Promise<string[]> {
  const found = paths.map(async (path) => {
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    const place = join(folder, basename(path));
    return [place, await realpath(path).catch(() => place)];
  });
  return [...new Set((await Promise.all(found)).flat())];
}
