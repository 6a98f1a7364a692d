import { definePlugin, implement } from '../../index.ts';
import { containerStatsCommand } from './commands/container-stats.ts';
import { containersCommand } from './commands/containers.ts';
import { imagesCommand } from './commands/images.ts';
import { pullCommand } from './commands/pull.ts';
import { removeImageCommand } from './commands/remove-image.ts';
import { container } from './contracts/container.ts';
import { allowedSchema, resolveAllowed } from './create/allowed.ts';
import { Engine } from './engine/engine.ts';
import { engineFacts } from './engine/engine-facts.ts';
import { SharedPulls } from './image/shared-pulls.ts';
import { runContainer } from './life/run-container.ts';
import { JobNotes } from './notes/job-notes.ts';
import { recover } from './recovery/recover.ts';
import { statsBuiltin } from './usage/stats-builtin.ts';

export { container } from './contracts/container.ts';
export { containerStats } from './contracts/container-stats.ts';
export { containers } from './contracts/containers.ts';
export { images } from './contracts/images.ts';
export { pull } from './contracts/pull.ts';
export { removeImage } from './contracts/remove-image.ts';

/** Containers as jobs, over the Docker Engine API. */
export default definePlugin({
  name: 'container',
  apiVersion: 1,
  options: allowedSchema,
  async setup(host, options) {
    const engine = new Engine();
    const pulls = new SharedPulls();
    // Only a client has allowed folders; a server has none.
    const allowed = await resolveAllowed(host.side === 'client' ? options : { binds: [], caps: [] });
    const jobNotes = new JobNotes(engine);
    host.onEnd(() => jobNotes.close());
    host.command(
      implement(container, (args, job) => runContainer(args, job, { engine, pulls, allowed, jobNotes }), {
        facts: () => engineFacts(engine),
        recover: (recovery) => recover(recovery, { engine, jobNotes }),
      }),
    );
    host.command(imagesCommand(engine));
    host.command(pullCommand(engine, pulls));
    host.command(removeImageCommand(engine));
    host.command(containersCommand(engine, jobNotes));
    host.command(containerStatsCommand(engine));
    host.builtin(statsBuiltin);
  },
});
