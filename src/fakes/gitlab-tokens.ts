/** The kinds of tokens that the fake GitLab issues, in the order in which GitLab tells them apart by prefix. */
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

export type FakeTokenKind =
  | 'deploy'
  | 'feed'
  | 'personal'
  | 'oauth-secret'
  | 'agent'
  | 'runner'
  | 'legacy-runner'
  | 'runner-registration'
  | 'trigger'
  | 'job'
  | 'feature-flag-client'
  | 'session'
  | 'incoming-mail'
  | 'scim';

/** A token as GitLab stores it. `personal` stands for personal, project, group, service account and impersonation tokens. */
export interface FakeToken {
  readonly id: number;
  readonly kind: FakeTokenKind;
  /** The plaintext that is valid now; a reset changes it. */
  value: string;
  readonly userId: number;
  /** Of its user; an administrator sees it. */
  readonly email: string;
  readonly emailConfirmed: boolean;
  readonly owner: 'human' | 'project-bot' | 'service-account';
  readonly impersonation: boolean;
  readonly admin: boolean;
  readonly scopes: readonly string[];
  userState: 'active' | 'blocked';
  revoked: boolean;
  expiresAtMs: number | null;
  updatedAtMs: number;
  /** The message with which GitLab refuses to revoke it; null when it does not. */
  refusal: string | null;
  /** A fine-grained one while their feature flag is off: it is not let in, and will be once the flag is on. */
  dormant: boolean;
  /** Whether the record is gone: its bot user was deleted, its job ended. */
  deleted: boolean;
  /** How often a call revoked, reset or destroyed it. */
  revocations: number;
  /** The "token revoked" e-mails that its owner got. */
  mails: number;
  /** How often a runner was noted as being there. */
  heartbeats: number;
}

interface KindFacts {
  readonly prefix: string;
  /** Further beginnings of tokens that the version knows. */
  readonly otherPrefixes?: readonly string[];
  /** What follows the prefix, in the form that the version makes; a checksum may be over the prefix, too. */
  readonly body: (version: string, prefix: string) => string;
  /** The version that knows it in `POST /admin/token`; absent when none does. */
  readonly infoSince?: string;
  /** The version that revokes it in `DELETE /admin/token`; absent when none does. */
  readonly revokeSince?: string;
  readonly revocation: 'revoke' | 'reset' | 'expire' | 'destroy' | 'none';
}

const urlSafe = (length: number) => () => randomBytes(length).toString('base64url').slice(0, length);
const hex = (length: number) => () => randomBytes(length / 2).toString('hex');

/** 128 bits in base 36, without padding: 25 characters, now and then fewer. */
const base36 = () => BigInt(`0x${randomBytes(16).toString('hex')}`).toString(36);

/**
 * Routable: random bytes and where to route to, a version, and in base 36 the length and a checksum, which is over the
 * prefix, too.
 */
function routable(prefix: string): string {
  const routing = Buffer.from('c:1\no:1\nu:1a');
  const bytes = Buffer.concat([randomBytes(16), routing, Buffer.of(routing.length)]);
  const payload = bytes.toString('base64url');
  const text = `${payload}.01.${payload.length.toString(36).padStart(2, '0')}`;
  return (
    text +
    crc32(prefix + text)
      .toString(36)
      .padStart(7, '0')
  );
}

/** Which of two forms a version makes. */
const since =
  (version: string, newer: (prefix: string) => string, older: () => string) =>
  (current: string, prefix: string) =>
    atLeast(current, version) ? newer(prefix) : older();

const classicRunner = urlSafe(20);

/** First match wins, so the order is part of the behaviour. */
export const TOKEN_KINDS: Readonly<Record<FakeTokenKind, KindFacts>> = {
  deploy: {
    prefix: 'gldt-',
    body: urlSafe(20),
    infoSince: '17.5',
    revokeSince: '17.7',
    revocation: 'revoke',
  },
  feed: { prefix: 'glft-', body: urlSafe(20), infoSince: '17.6', revokeSince: '17.7', revocation: 'reset' },
  personal: {
    prefix: 'glpat-',
    body: since('18.3', routable, urlSafe(20)),
    infoSince: '17.5',
    revokeSince: '17.7',
    revocation: 'revoke',
  },
  'oauth-secret': {
    prefix: 'gloas-',
    body: hex(64),
    infoSince: '17.7',
    revokeSince: '17.9',
    revocation: 'reset',
  },
  agent: {
    prefix: 'glagent-',
    body: urlSafe(50),
    infoSince: '17.7',
    revokeSince: '17.9',
    revocation: 'revoke',
  },
  runner: {
    prefix: 'glrt-',
    body: (version, prefix) => {
      if (atLeast(version, '18.3')) return `t3_${routable(`${prefix}t3_`)}`;
      return atLeast(version, '17.6') ? `t3_${classicRunner()}` : classicRunner();
    },
    infoSince: '17.7',
    revokeSince: '17.9',
    revocation: 'reset',
  },
  'legacy-runner': {
    prefix: 'glrtr-',
    otherPrefixes: ['t1_', 't2_', 't3_'],
    body: urlSafe(20),
    infoSince: '19.4',
    revokeSince: '19.4',
    revocation: 'reset',
  },
  'runner-registration': { prefix: 'GR1348941', body: urlSafe(20), infoSince: '19.0', revocation: 'none' },
  trigger: {
    prefix: 'glptt-',
    body: hex(40),
    infoSince: '17.7',
    revokeSince: '17.10',
    revocation: 'expire',
  },
  job: { prefix: 'glcbt-', body: () => `64_${urlSafe(20)()}`, infoSince: '17.9', revocation: 'none' },
  'feature-flag-client': {
    prefix: 'glffct-',
    body: urlSafe(20),
    infoSince: '17.9',
    revokeSince: '17.9',
    revocation: 'reset',
  },
  session: {
    prefix: '_gitlab_session=',
    body: hex(32),
    infoSince: '17.9',
    revokeSince: '17.11',
    revocation: 'destroy',
  },
  'incoming-mail': {
    prefix: 'glimt-',
    body: base36,
    infoSince: '17.9',
    revokeSince: '17.9',
    revocation: 'reset',
  },
  scim: { prefix: 'glsoat-', body: urlSafe(20), infoSince: '19.0', revokeSince: '19.1', revocation: 'reset' },
};

export const KINDS_IN_ORDER = Object.keys(TOKEN_KINDS) as readonly FakeTokenKind[];

/** A new plaintext; `prefix` where the instance uses its own. */
export function newTokenValue(
  kind: FakeTokenKind,
  version: string,
  prefix = TOKEN_KINDS[kind].prefix,
): string {
  return prefix + TOKEN_KINDS[kind].body(version, prefix);
}

/** Whether `version` (`17.10`) is `since` or newer. */
export function atLeast(version: string, since: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = since.split('.').map(Number);
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}

/** What `POST /admin/token` shows of it; null when GitLab does not find it any more. */
export function describeToken(token: FakeToken, nowMs: number): object | null {
  const expired = token.expiresAtMs !== null && token.expiresAtMs <= nowMs;
  const user = { id: token.userId, username: `user${token.userId}`, state: token.userState };
  const expiresAt = token.expiresAtMs === null ? null : new Date(token.expiresAtMs).toISOString();
  switch (token.kind) {
    case 'deploy':
      return {
        id: token.id,
        name: 'deploy',
        username: `gitlab+deploy-token-${token.id}`,
        expires_at: expiresAt,
        scopes: token.scopes,
        revoked: token.revoked,
        expired,
      };
    case 'personal':
      return describePersonalToken(token, nowMs);
    case 'agent':
      return {
        id: token.id,
        name: 'agent',
        agent_id: 7,
        status: token.revoked ? 'revoked' : 'active',
        created_by_user_id: token.userId,
        last_used_at: null,
      };
    case 'trigger':
      return {
        id: token.id,
        token: token.value,
        description: 'trigger',
        updated_at: new Date(token.updatedAtMs).toISOString(),
        last_used: null,
        expires_at: expiresAt,
        owner: user,
      };
    case 'job':
      return { job: { id: token.id, name: 'build', status: 'running' } };
    case 'runner':
    case 'legacy-runner':
      return { id: token.id, description: 'runner', runner_type: 'project_type', online: true };
    case 'oauth-secret':
      return { id: token.id, application_id: `app-${token.id}`, application_name: 'app', callback_url: '' };
    case 'feature-flag-client':
      return { id: token.id, project_id: 3 };
    case 'scim':
      return { id: token.id, group_id: 5 };
    case 'feed':
    case 'session':
    case 'incoming-mail':
      return user;
    case 'runner-registration':
      return null;
  }
}

export function describePersonalToken(token: FakeToken, nowMs: number): object {
  const expired = token.expiresAtMs !== null && token.expiresAtMs <= nowMs;
  return {
    id: token.id,
    name: 'token',
    revoked: token.revoked,
    created_at: '2026-01-01T00:00:00.000Z',
    description: null,
    scopes: token.scopes,
    user_id: token.userId,
    last_used_at: null,
    active: !token.revoked && !expired && !token.dormant,
    expires_at: token.expiresAtMs === null ? null : new Date(token.expiresAtMs).toISOString().slice(0, 10),
  };
}
