import type { Unwanted } from './strangers.ts';

/** Why a request could not sign in. */
export type SignInFault = 'nothing' | 'token' | 'certificate' | 'two operators';

/** Events of sign-in and connections. They never contain a token. */
export type DoorNews =
  | { readonly type: 'signed in'; readonly operator: string; readonly address: string }
  | { readonly type: 'sign-in failed'; readonly fault: SignInFault; readonly address: string }
  | { readonly type: 'handshake failed'; readonly reason: string; readonly address: string }
  | { readonly type: 'connection refused'; readonly reason: Unwanted; readonly address: string };
