import type { Engine } from './engine.ts';

/** Facts for `clients`, in characters that targets permit: `engine: docker-20.10.24`. Empty if no engine answers. */
export async function engineFacts(engine: Engine): Promise<Record<string, string>> {
  try {
    const docker = await engine.docker();
    const { Version, Components } = await docker.version();
    const name = Components?.[0]?.Name === 'Podman Engine' ? 'podman' : 'docker';
    // Without the build, as in `20.10.24+dfsg1`.
    const version = /^[\w.-]{1,50}/.exec(Version)?.[0];
    return { engine: version === undefined ? name : `${name}-${version}` };
  } catch {
    // Jobs report the reason. Here it would be reported at each connection.
    return {};
  }
}
