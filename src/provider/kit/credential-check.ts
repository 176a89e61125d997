/** Turns a call with a credential of Quash itself into a check for the operator. */
import { Failure } from '../failure.ts';
import type { CredentialCheck } from '../provider.ts';

/** What to do, each one sentence, in place of the failure's own. */
export interface CheckAdvice {
  readonly refused?: string;
  readonly forbidden?: string;
  readonly misconfigured?: string;
  /** Added to the failure's own sentence. */
  readonly hint?: string;
}

/** Makes a check out of a call that fails when our credential does not work. */
export function checkOf(
  name: string,
  call: () => Promise<unknown>,
  advice: CheckAdvice = {},
): Promise<CredentialCheck> {
  return judgedCheck(name, () => call().then(() => ({ ok: true })), advice);
}

/** The same for a call whose answer has to be judged; `ok` may come with advice, too. */
export async function judgedCheck(
  name: string,
  judge: () => Promise<Omit<CredentialCheck, 'name'>>,
  advice: CheckAdvice = {},
): Promise<CredentialCheck> {
  try {
    return { name, ...(await judge()) };
  } catch (error) {
    return { name, ok: false, advice: sentenceFor(error, advice) };
  }
}

function sentenceFor(error: unknown, { refused, forbidden, misconfigured, hint }: CheckAdvice): string {
  const sentences: Partial<Record<Failure['code'], string | undefined>> = {
    'credential-refused': refused,
    'permission-missing': forbidden,
    misconfigured,
  };
  const known = error instanceof Failure ? sentences[error.code] : undefined;
  if (known !== undefined) return known;
  const message = error instanceof Failure ? error.message : 'The check was interrupted.';
  return hint === undefined ? message : `${message} ${hint}`;
}
