// A process of clients: far.ts CONTENDER PORT NAME COUNT [CREDENTIALS]. Ends with the process that forked it.
import { z } from 'zod';
import { contenderNames, contenders } from './contenders/contenders.ts';

const [kind, port, name, count, credentials] = z
  .tuple([z.enum(contenderNames), z.coerce.number(), z.string(), z.coerce.number(), z.string().optional()])
  .parse(process.argv.slice(2));

process.once('disconnect', () => process.exit());
await contenders[kind].join({ port, name, count, credentials });
