import type { ErrorKind } from '../contracts/error-kinds.ts';

/** Why a check is not ok. The message quotes nothing that may be secret. */
export class CheckFault extends Error {
  override readonly name = 'CheckFault';
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
