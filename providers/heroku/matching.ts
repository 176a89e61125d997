/** Which authorizations may be the token's own, by how Heroku shows their tokens. */
import { mayBe } from '../../src/provider/kit/redacted.ts';
import type { Secret } from '../../src/words/secret.ts';

interface Authorization {
  readonly id: string;
  readonly access_token?: { readonly token: string } | null | undefined;
}

export interface Matching {
  /** How a single match was shown to be the token's. */
  readonly by: 'listed-whole' | 'one-fits';
  readonly ids: readonly string[];
}

/** @param token which its user's list was read with, so that one of these authorizations may be its own */
export function matching(token: Secret, authorizations: readonly Authorization[]): Matching {
  const text = token.reveal();
  const fixedHead = /^(?:HRKU-(?:AA)?)?/.exec(text)?.[0] ?? '';
  const idsWhere = (fits: (shown: string) => boolean) =>
    authorizations.flatMap(({ id, access_token: shown }) => (shown && fits(shown.token) ? [id] : []));

  const whole = idsWhere((shown) => shown === text);
  if (whole.length > 0) return { by: 'listed-whole', ids: whole };
  return { by: 'one-fits', ids: idsWhere((shown) => mayBe(text, shown, { fixedHead })) };
}
