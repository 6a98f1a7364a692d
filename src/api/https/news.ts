import type { Unwanted } from './strangers.ts';

/** What it was about a request that opened nothing. */
export type SignInFault = 'nothing' | 'token' | 'certificate' | 'two operators';

/** What happens at the door. Nothing of it holds a token. */
export type DoorNews =
  | { readonly type: 'signed in'; readonly operator: string; readonly address: string }
  | { readonly type: 'sign-in failed'; readonly fault: SignInFault; readonly address: string }
  | { readonly type: 'handshake failed'; readonly reason: string; readonly address: string }
  | { readonly type: 'connection refused'; readonly reason: Unwanted; readonly address: string };
