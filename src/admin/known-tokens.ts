/** By which ids a secret may be in the ledger. */
import { keptText, recognise } from '../provider/recognise.ts';
import type { Registry } from '../provider/registry.ts';
import { Secret } from '../words/secret.ts';

interface Names {
  readonly registry: Registry;
  readonly fingerprint: (provider: string, token: Secret) => string;
}

/**
 * As a token of a provider, and as a text that the provider could not read. A text whose file is a part of what it is,
 * such as the header of a private key, has no id by itself.
 */
export function idsOf(
  text: string,
  type: string | undefined,
  { registry, fingerprint }: Names,
): readonly string[] {
  const unread = new Secret(keptText(text));
  if (type !== undefined) {
    const routed = registry.route(type, text);
    if (routed.ok) return spellingsOf(routed).map((each) => fingerprint(routed.provider, each));
    return routed.why === 'unusable-token' ? [fingerprint(routed.provider, unread)] : [];
  }
  const ids = registry.providers.flatMap(({ definition: { id }, provider }) => {
    if (!provider) return [];
    const recognised = recognise(provider.kinds, text);
    return [...(recognised.ok ? spellingsOf(recognised) : []), unread].map((each) => fingerprint(id, each));
  });
  return [...new Set(ids)];
}

/** An earlier version named it by the spelling in which it was reported. */
function spellingsOf({ token, spelling = token }: { readonly token: string; readonly spelling?: string }) {
  return [...new Set([token, spelling])].map((each) => new Secret(each));
}
