import { z } from 'zod';

const count = z.int().min(0);

/** The resource usage of a container at one time. */
export const usageSchema = z.strictObject({
  atMs: z.number().meta({ unit: 'ms', description: 'since the epoch, by the clock of the engine' }),
  cpuPercent: z.number().min(0).meta({ description: 'since the previous sample; 100 is one processor' }),
  cpuMs: z.number().min(0).meta({ unit: 'ms', description: 'processor time of all its processes since its start' }),
  memoryBytes: count.meta({ unit: 'bytes', description: 'without memory that the kernel can free at any time' }),
  memoryLimitBytes: count.nullable().meta({ unit: 'bytes', description: '`--memory`, or the memory of the machine' }),
  pids: count.nullable().meta({ description: 'processes and threads' }),
  readBytes: count.meta({ unit: 'bytes', description: 'from disks, since its start' }),
  writtenBytes: count.meta({ unit: 'bytes', description: 'to disks' }),
  receivedBytes: count.meta({ unit: 'bytes', description: 'from its networks' }),
  sentBytes: count.meta({ unit: 'bytes', description: 'to its networks' }),
});

export type Usage = z.infer<typeof usageSchema>;
