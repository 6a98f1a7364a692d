import type { Engine } from './engine.ts';

/** What `clients` shows, in letters that a target can have: `engine: docker-20.10.24`. None where no engine answers. */
export async function engineFacts(engine: Engine): Promise<Record<string, string>> {
  try {
    const docker = await engine.docker();
    const { Version, Components } = await docker.version();
    const name = Components?.[0]?.Name === 'Podman Engine' ? 'podman' : 'docker';
    // Without the build, as in `20.10.24+dfsg1`.
    const version = /^[\w.-]{1,50}/.exec(Version)?.[0];
    return { engine: version === undefined ? name : `${name}-${version}` };
  } catch {
    // A job says why; here it would be said at each connection.
    return {};
  }
}
