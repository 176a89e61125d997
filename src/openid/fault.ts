import { Failure } from '../provider/failure.ts';

const FAULTS = {
  unavailable: 'The issuer of admin.oidc cannot be asked now.',
  misconfigured:
    'The issuer does not take Quash for a client of its own: look at admin.oidc and at the client there.',
  refused: 'The issuer lets nobody in by this sign-in.',
  forged:
    'This answer of the issuer belongs to no sign-in that was begun in this browser, or is not from the issuer.',
} as const;

export type SignInCode = keyof typeof FAULTS;

/** A sign-in, or a later question about it, that brought nothing. Its message is a constant sentence. */
export class SignInFault extends Error {
  readonly code: SignInCode;

  /** @param cause a code of the protocol or the library, or the failure of the call */
  constructor(code: SignInCode, cause?: unknown) {
    super(FAULTS[code], { cause });
    this.name = 'SignInFault';
    this.code = code;
  }

  /** The issuer was asked and said no, or what came was not from it: nothing gets better by waiting. */
  get isFinal(): boolean {
    return this.code === 'refused' || this.code === 'forged';
  }

  /** For an operator: what failed underneath, in constant words. */
  get detail(): string {
    const { cause } = this;
    if (typeof cause === 'string') return `${this.message} (${cause})`;
    if (!(cause instanceof Failure)) return this.message;
    return `${this.message} ${cause.message}${cause.target ? ` (${cause.target})` : ''}`;
  }
}
