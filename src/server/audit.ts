import type { ErrorCode, Outcome } from '../../schemas/index.ts';

/** Who was let in or not, and what was sent to whom, with what outcome. Names and codes; no output, no results. */
export type AuditRecord =
  /** A connection with keys: `credential` is whose key it showed, where that is known. */
  | { readonly event: 'handshake'; readonly address: string; readonly credential?: string; readonly allowed: boolean }
  | {
      readonly event: 'joined';
      readonly client: string;
      readonly credential?: string;
      readonly bootId: string;
      readonly host: string;
      readonly pid: number;
    }
  | { readonly event: 'refused'; readonly client: string; readonly code: ErrorCode }
  | { readonly event: 'left'; readonly client: string; readonly reason: string }
  /**
   * A connection was given up for what came on it: no message of the protocol (`bad_message`, `unsupported_protocol`), about
   * jobs of others (`not_allowed`), too much (`busy`). `client`: whose session it had, if it had one.
   */
  | { readonly event: 'violation'; readonly client?: string; readonly code: ErrorCode; readonly reason: string }
  | {
      readonly event: 'sent';
      readonly id: string;
      readonly client: string;
      readonly command: string;
      /** As the contract's `auditArgs` leaves them. */
      readonly args: Readonly<Record<string, unknown>>;
    }
  | {
      readonly event: 'outcome';
      readonly id: string;
      readonly client: string;
      readonly command: string;
      /** There and true where it was begun for another server: then nobody has sent it here. */
      readonly adopted?: true;
      readonly outcome: Outcome;
      readonly code?: ErrorCode;
    };

/** Takes each record as it happens, in order. */
export type Audit = (record: AuditRecord) => void;
