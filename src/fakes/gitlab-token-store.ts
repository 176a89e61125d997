/** The tokens of the fake GitLab: found, revoked and reset as its version and settings have it. */
import {
  atLeast,
  type FakeToken,
  type FakeTokenKind,
  KINDS_IN_ORDER,
  newTokenValue,
  TOKEN_KINDS,
} from './gitlab-tokens.ts';

export interface FakeTokenSettings {
  /** `major.minor`; decides which kinds the token API knows. */
  version: string;
  /** Flag `token_api_expire_pipeline_triggers`. */
  expireTriggersFlag: boolean;
  personalAccessTokenPrefix: string;
  /** Put with a hyphen before the default prefixes from 18.0 on; empty for none. */
  instanceTokenPrefix: string;
}

export type FakeTokenOptions = Partial<Omit<FakeToken, 'id' | 'kind'>>;

export class FakeTokenStore {
  readonly all: FakeToken[] = [];
  readonly #settings: FakeTokenSettings;
  readonly #now: () => number;
  readonly #botsToDelete = new Set<FakeToken>();

  constructor(settings: FakeTokenSettings, now: () => number) {
    this.#settings = settings;
    this.#now = now;
  }

  add(kind: FakeTokenKind, options: FakeTokenOptions = {}): FakeToken {
    const id = this.all.length + 1;
    const token: FakeToken = {
      value: newTokenValue(kind, this.#settings.version, this.#prefixes(kind)[0]),
      userId: 100 + id,
      email: `user${100 + id}@example.com`,
      emailConfirmed: true,
      owner: 'human',
      impersonation: false,
      admin: false,
      scopes: ['api'],
      userState: 'active',
      revoked: false,
      expiresAtMs: null,
      updatedAtMs: 0,
      refusal: null,
      dormant: false,
      deleted: false,
      revocations: 0,
      mails: 0,
      heartbeats: 0,
      ...options,
      id,
      kind,
    };
    this.all.push(token);
    return token;
  }

  kindOf(value: unknown): FakeTokenKind | undefined {
    return KINDS_IN_ORDER.find((kind) => {
      const { infoSince } = TOKEN_KINDS[kind];
      if (!infoSince || !atLeast(this.#settings.version, infoSince)) return false;
      return this.#prefixes(kind).some((prefix) => String(value).startsWith(prefix));
    });
  }

  /** The prefix that new tokens get comes first. */
  #prefixes(kind: FakeTokenKind): readonly string[] {
    const { version, personalAccessTokenPrefix, instanceTokenPrefix } = this.#settings;
    const { prefix, otherPrefixes = [] } = TOKEN_KINDS[kind];
    const ofInstance =
      instanceTokenPrefix && atLeast(version, '18.0') ? [`${instanceTokenPrefix}-${prefix}`] : [];
    if (kind !== 'personal') return [...ofInstance, prefix, ...otherPrefixes];
    // Up to 17.9 an empty prefix matched every string.
    const isKnown = personalAccessTokenPrefix || !atLeast(version, '17.10');
    return isKnown ? [...ofInstance, personalAccessTokenPrefix] : ofInstance;
  }

  find(kind: FakeTokenKind, value: unknown): FakeToken | undefined {
    return this.all.find((token) => token.kind === kind && token.value === value && !token.deleted);
  }

  isRevocable(token: FakeToken): boolean {
    const { revokeSince } = TOKEN_KINDS[token.kind];
    if (!revokeSince || !atLeast(this.#settings.version, revokeSince)) return false;
    if (token.kind === 'trigger') return this.#settings.expireTriggersFlag;
    return token.owner !== 'service-account';
  }

  revoke(token: FakeToken): void {
    token.revocations++;
    switch (TOKEN_KINDS[token.kind].revocation) {
      case 'revoke':
        token.revoked = true;
        // GitLab sends it again for a token that was revoked before.
        if (token.kind === 'personal') token.mails++;
        break;
      case 'reset':
        token.value = newTokenValue(token.kind, this.#settings.version, this.#prefixes(token.kind)[0]);
        break;
      case 'expire':
        token.updatedAtMs = this.#now();
        token.expiresAtMs = token.updatedAtMs;
        break;
      case 'destroy':
        token.deleted = true;
        break;
      case 'none':
        break;
    }
  }

  /** Deletes a pipeline trigger by its GraphQL id. @returns false when there is none */
  deleteTrigger(globalId: string): boolean {
    const trigger = this.all.find(
      ({ kind, id, deleted }) =>
        kind === 'trigger' && !deleted && globalId === `gid://gitlab/Ci::Trigger/${id}`,
    );
    if (!trigger) return false;
    trigger.revocations++;
    trigger.deleted = true;
    return true;
  }

  /** Of a bot user whose deletion is scheduled with the revocation of its token. */
  scheduleDeletion(token: FakeToken): void {
    this.#botsToDelete.add(token);
  }

  deleteBots(): void {
    for (const token of this.#botsToDelete) token.deleted = true;
    this.#botsToDelete.clear();
  }
}
