import { closeSync } from 'node:fs';
import { SignalboxError } from '../../../schemas/index.ts';
import { openRegularFile } from '../../open-input.ts';

const names = ['CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'] as const;

/**
 * Checks the files that the exporter reads because of `OTEL_EXPORTER_OTLP_…` variables. The exporter opens them with
 * `readFileSync`, which a FIFO blocks forever, and ignores files that it cannot read.
 * @throws SignalboxError `bad_usage` with the variable and the reason.
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
