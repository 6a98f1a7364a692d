import { countdownCommand } from '../../examples/countdown/command.ts';
import { definePlugin } from '../../src/index.ts';

export default definePlugin({ name: 'countdown', apiVersion: 1, setup: (host) => host.command(countdownCommand) });
