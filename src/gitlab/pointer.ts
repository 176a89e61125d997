/**
 * How a vulnerability of GitLab stands in the ledger before its secret is read: by the address of its page and the
 * number of its project, without any secret.
 */
import type { ReportedToken } from '../ledger/report.ts';
import { NAME } from '../provider/kit/gitlab-instance.ts';
import type { Vault } from '../vault/seal.ts';
import { innermostFirst, withPlainHost } from '../words/location.ts';
import { Secret } from '../words/secret.ts';
import type { ShareOf } from '../words/share.ts';

/** The internal provider that reads one vulnerability, and its kind. */
export const EVENTS = 'gitlab-event';
export const VULNERABILITY = 'vulnerability';

export interface Pointer {
  /** URL of the instance, without a trailing slash. */
  readonly base: string;
  /** `group/project` */
  readonly project: string;
  readonly projectId: number;
  readonly vulnerability: number;
}

const PAGE = new RegExp(`^/(${NAME}(?:/${NAME})+)/-/security/vulnerabilities/(\\d{1,15})$`);

/** What ends for one of these reasons is read again with the next event: GitLab, or what we may do there, may be another. */
const READ_AGAIN = [
  'followed',
  'not-permitted',
  'needs-context',
  'wrong-record',
  'unsupported-kind',
  'exhausted',
];

function pageOf({ base, project, vulnerability }: Omit<Pointer, 'projectId'>): string {
  return `${base}/${project}/-/security/vulnerabilities/${vulnerability}`;
}

/**
 * @param url of a vulnerability's page
 * @param bases of the instances that it may belong to
 * @returns undefined when it belongs to none of them
 */
export function pointerTo(url: string, projectId: number, bases: readonly string[]): Pointer | undefined {
  const base = innermostFirst(bases, (each) => each).find((each) => url.startsWith(`${each}/`));
  const [, project, number] = (base !== undefined && PAGE.exec(url.slice(base.length))) || [];
  if (base === undefined || project === undefined) return undefined;
  return { base, project, projectId, vulnerability: Number(number) };
}

export function pointerText(pointer: Pointer): string {
  return `${pageOf(pointer)} ${pointer.projectId}`;
}

/** Undefined when it belongs to none of the instances, or is no text of {@link pointerText}. */
export function parsePointer(text: string, bases: readonly string[]): Pointer | undefined {
  const [, url, projectId] = /^(\S+) (\d{1,15})$/.exec(text) ?? [];
  return url === undefined ? undefined : pointerTo(url, Number(projectId), bases);
}

/** @param text of {@link pointerText} */
export function pointerReport(
  text: string,
  { vault, shareOf, caller }: { readonly vault: Vault; readonly shareOf: ShareOf; readonly caller: string },
): ReportedToken {
  const [location = ''] = text.split(' ', 1);
  const token = new Secret(text);
  const id = vault.fingerprint(EVENTS, token);
  return {
    ...{ id, provider: EVENTS, kind: VULNERABILITY, type: EVENTS, location },
    ...{ caller, share: shareOf(caller, location) },
    sealed: vault.sealMaterial(id, { token, parts: {} }),
    readable: false,
    initial: { state: 'queued' },
    restarts: READ_AGAIN,
  };
}

/** The base URL of an instance as pointers and locations have it, however somebody wrote it. */
export function baseOf(url: string): string {
  return withPlainHost(url).replace(/\/+$/, '');
}
