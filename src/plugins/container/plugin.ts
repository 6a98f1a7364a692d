import { definePlugin, implement } from '../../index.ts';
import { allowedSchema } from './allowed.ts';
import { container } from './contract.ts';
import { Engine } from './engine.ts';
import { runContainer } from './run-container.ts';

/** Containers as jobs, by the Docker Engine API. */
export default definePlugin({
  name: 'container',
  apiVersion: 1,
  options: allowedSchema,
  setup(host, allowed) {
    const engine = new Engine();
    host.command(implement(container, (args, job) => runContainer(args, job, { engine, allowed })));
  },
});
