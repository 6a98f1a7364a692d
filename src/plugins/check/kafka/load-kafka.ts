import { SignalboxError } from '../../../index.ts';

type Kafka = typeof import('@platformatic/kafka');

/** Loads the package at first use. @throws SignalboxError with this code if the package is not installed */
export async function loadKafka(code: 'command_failed' | 'unavailable' = 'command_failed'): Promise<Kafka> {
  try {
    return await import('@platformatic/kafka');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    // Without a version, npm chooses a release that is years old under other versions of Node.
    const install = 'npm install @platformatic/kafka@2.12.1';
    throw new SignalboxError(code, `Kafka needs the package @platformatic/kafka: ${install}`, { cause });
  }
}
