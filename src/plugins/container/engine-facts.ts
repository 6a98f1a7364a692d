import type { Engine } from './engine.ts';

/** What `clients` shows: `engine: Docker 20.10.24`. None where no engine answers. */
export async function engineFacts(engine: Engine): Promise<Record<string, string>> {
  try {
    const docker = await engine.docker();
    const { Version, Components } = await docker.version();
    const name = Components?.[0]?.Name === 'Podman Engine' ? 'Podman' : 'Docker';
    return { engine: `${name} ${Version}`.slice(0, 100) };
  } catch {
    // A job says why; here it would be said at each connection.
    return {};
  }
}
