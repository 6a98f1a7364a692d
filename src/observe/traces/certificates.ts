import { closeSync } from 'node:fs';
import { SignalboxError } from '../../../schemas/index.ts';
import { openRegularFile } from '../../open-input.ts';

const names = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const;

/**
 * Checks the files that the exporter reads with `OTEL_EXPORTER_OTLP_…` variables. It opens them with `readFileSync`,
 * which a FIFO blocks forever, and goes on without those that it cannot read.
 * @throws SignalboxError `bad_usage`, naming the variable and what is wrong with its file.
 */
export function checkCertificates(env: NodeJS.ProcessEnv): void {
  for (const name of names) {
    const variable = [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`].find((one) =>
      env[one]?.trim(),
    );
    if (variable === undefined) continue;
    const path = env[variable] ?? '';
    try {
      closeSync(openRegularFile(path).fd);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SignalboxError('bad_usage', `${variable}: ${path} cannot be read: ${why}`, { cause });
    }
  }
}
