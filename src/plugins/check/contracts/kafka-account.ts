import { z } from 'zod';

const count = z.int().min(0);

/** The destination of the results of a job, and the state of their delivery. */
export const kafkaAccountSchema = z.strictObject({
  to: z.string().max(16_384).meta({ description: 'brokers and topic, as given to the job' }),
  delivered: count.meta({ description: 'results of the job that are in Kafka' }),
  waiting: count.meta({ description: 'results of the job that wait to be sent' }),
  dropped: count.meta({ description: 'results of the job that were dropped because too many waited' }),
  fault: z.string().max(1_024).nullable().meta({ description: 'why delivery fails; nil while it works' }),
});

export type KafkaAccount = z.output<typeof kafkaAccountSchema>;
