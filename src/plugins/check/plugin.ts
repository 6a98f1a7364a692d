import { z } from 'zod';
import { definePlugin } from '../../index.ts';
import { AllowedFiles } from './files/allowed-files.ts';
import { lookupHost } from './http/lookup-host.ts';
import { PatternThread } from './match/pattern-thread.ts';
import { checkCommand } from './run/check-command.ts';

export { check } from './contracts/check.ts';

/** Websites, checked by the clients. */
export default definePlugin({
  name: 'check',
  apiVersion: 1,
  options: z.strictObject({
    private: z.boolean().optional().meta({
      description: 'check addresses that are private or loopback too; default: no, with --spawn: yes',
    }),
    files: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'the folder of the files that --header-file and --ca may name' }),
  }),
  async setup(host, options) {
    // A server has none of the folders of its clients.
    const files = await AllowedFiles.in(host.side === 'client' ? options.files : undefined);
    const patterns = new PatternThread();
    host.onEnd(() => patterns[Symbol.asyncDispose]());
    const policy = { private: options.private ?? host.isSpawned };
    host.command(checkCommand({ policy, lookup: lookupHost, patterns }, files));
  },
});
