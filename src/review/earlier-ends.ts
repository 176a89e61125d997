/** What version 0.1.0 may have closed wrongly: which ends of which kinds rested on too little. */
import type { Entry } from '../ledger/entry.ts';

interface Ground {
  /** A sentence for the person who has to look: what may be wrong, and what to do. */
  readonly advice: string;
  readonly kinds?: readonly string[];
}

const BY_ID =
  'Version 0.1.0 revoked this by its public id alone, without proof that its secret leaked: an innocent credential may have ended. Ask its owner, and look at the location whether the secret itself stands there.';
const BY_USE =
  'Version 0.1.0 told this record from its owner’s others by the time of its last use, and took a plain 401 for its death: look whether the token at the location still works.';
const ELSEWHERE =
  'Version 0.1.0 called this dead because one place refused it, and tokens of this kind look the same everywhere: look whether the token at the location works on another server.';
const FIRST_PAGE =
  'Version 0.1.0 called this dead because it stood on the first page of a list no more: look whether the key at the location still works.';
const ONLY_ENDED =
  'Version 0.1.0 only set the end of this pipeline trigger token, which keeps nobody from using it until GitLab removes it 30 days later: report it once more, and it is deleted.';
const ONE_OF_SEVERAL =
  'Version 0.1.0 removed the first key that stood at this place and none that came there later: look at the location for another one.';

/** Ends as `revoked`. */
const REVOKED: Readonly<Record<string, Ground>> = {
  aws: { advice: BY_ID, kinds: ['access-key-id', 'bedrock-long'] },
  github: { advice: ELSEWHERE },
  gitlab: { advice: ONLY_ENDED, kinds: ['trigger-token'] },
  gocd: { advice: BY_USE },
  mailgun: { advice: BY_ID, kinds: ['api-key'] },
  newrelic: { advice: FIRST_PAGE, kinds: ['browser-key'] },
  ssh: { advice: ONE_OF_SEVERAL, kinds: ['private-key'] },
  tailscale: { advice: BY_ID, kinds: ['auth-key', 'oauth-client'] },
  twilio: { advice: BY_ID },
  yandex: { advice: BY_ID, kinds: ['api-key'] },
};

const TAKEN_FOR_DEAD =
  'Version 0.1.0 called this dead without having asked every place that it may come from, or of a text that may be cut, or in a state that passes: look whether the token at the location still works.';

/** Providers whose `already-inactive` rested on the vendor's own word about a whole token, or on the only place there is. */
const SOUND: ReadonlySet<string> = new Set([
  ...['algolia', 'anthropic', 'cloudflare', 'digitalocean', 'discord-webhook'],
  ...['fastly', 'grafana', 'jfrog', 'linear', 'snyk'],
  ...['square', 'twitch', 'unkey'],
]);

/** @returns what a person should do about an entry that version 0.1.0 closed; undefined where that stands */
export function groundForReview({ provider, kind, outcome }: Entry): string | undefined {
  if (outcome?.kind === 'already-inactive') {
    return outcome.verified && SOUND.has(provider) ? undefined : TAKEN_FOR_DEAD;
  }
  const ground = outcome?.kind === 'revoked' ? REVOKED[provider] : undefined;
  return ground && (ground.kinds === undefined || ground.kinds.includes(kind)) ? ground.advice : undefined;
}
