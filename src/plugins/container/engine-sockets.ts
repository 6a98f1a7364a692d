import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/** Where engines of this machine listen, resolved. Whoever reaches one of them is root, or the user of a rootless engine. */
export async function engineSockets(env: NodeJS.ProcessEnv = process.env): Promise<string[]> {
  const { DOCKER_HOST = '', XDG_RUNTIME_DIR = '' } = env;
  const own = /^unix:\/\/(.+)/.exec(DOCKER_HOST)?.[1];
  const sockets = [
    '/var/run/docker.sock',
    '/run/containerd/containerd.sock',
    '/run/podman/podman.sock',
    join(homedir(), '.docker/run/docker.sock'),
    ...(own === undefined ? [] : [resolve(own)]),
    ...(XDG_RUNTIME_DIR === ''
      ? []
      : [join(XDG_RUNTIME_DIR, 'docker.sock'), join(XDG_RUNTIME_DIR, 'podman/podman.sock')]),
  ];
  return [...new Set((await Promise.all(sockets.map(placesOf))).flat())];
}

/** The socket may be a link, and may be there later only: its folder is known then, if that is. */
async function placesOf(socket: string): Promise<string[]> {
  const folder = await realpath(dirname(socket)).catch(() => dirname(socket));
  const place = join(folder, basename(socket));
  return [place, await realpath(socket).catch(() => place)];
}
