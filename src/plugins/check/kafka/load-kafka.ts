import { SignalboxError } from '../../../index.ts';

type Kafka = typeof import('@platformatic/kafka');

/** At first use. @throws SignalboxError with this code without the package. */
export async function loadKafka(code: 'command_failed' | 'unavailable' = 'command_failed'): Promise<Kafka> {
  try {
    return await import('@platformatic/kafka');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    // Under another Node npm would choose a release of years ago.
    const install = 'npm install @platformatic/kafka@2.12.1';
    throw new SignalboxError(code, `Kafka needs the package @platformatic/kafka: ${install}`, { cause });
  }
}
