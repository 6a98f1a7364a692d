import { SignalboxError } from '../../schemas/errors.ts';

export type X509 = typeof import('@peculiar/x509');

/** Loads the packages on first use. @throws SignalboxError `bad_usage` if they are missing. */
export async function loadX509(): Promise<X509> {
  try {
    // @peculiar/x509 requires this to be loaded first.
    await import('reflect-metadata');
    return await import('@peculiar/x509');
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    const install = 'npm install @peculiar/x509@2 reflect-metadata';
    throw new SignalboxError('bad_usage', `certificates need the package @peculiar/x509: ${install}`, { cause });
  }
}
