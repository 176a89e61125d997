/** The share that a reported token counts against, read from the parts of its location that a committer cannot choose. */
import { innermostFirst } from './location.ts';

export interface Share {
  /** Who reported it, and of which GitLab instance. */
  readonly group: string;
  /** The top-level namespace; empty where the location names none. */
  readonly namespace: string;
  /** The full path of the project, within {@link group}. */
  readonly project: string;
}

/** @param location as it was reported */
export type ShareOf = (caller: string, location: string) => Share;

const MAX_LENGTH = 200;

/** For a location on a host that is not configured: the host stands for the instance. */
const ELSEWHERE = /^https?:\/\/([^/?#]+)\/([^?#]+)/i;

/** @param instances the URLs of the configured GitLab instances */
export function createShareOf(instances: readonly string[]): ShareOf {
  const bases = innermostFirst(
    instances.map((url) => url.replace(/\/+$/, '')),
    (base) => base,
  );
  return (caller, location) => {
    const base = bases.find((each) => location.startsWith(`${each}/`));
    const group = `${caller} ${base ?? ''}`.slice(0, MAX_LENGTH);
    const [, host = '', path = ''] = base
      ? [location, '', location.slice(base.length + 1)]
      : (ELSEWHERE.exec(location) ?? []);
    const project = projectOf(path);
    if (project === '') return { group, namespace: '', project: '' };
    const top = project.slice(0, `${project}/`.indexOf('/'));
    const within = host === '' ? '' : `${host.toLowerCase()}/`;
    return {
      group,
      namespace: `${within}${top}`.slice(0, MAX_LENGTH),
      project: `${within}${project}`.slice(0, MAX_LENGTH),
    };
  };
}

/** The part of the path before GitLab's `/-/`; empty when the path does not belong to a project. */
export function projectOf(path: string): string {
  const end = path.search(/[?#]/);
  const clean = end < 0 ? path : path.slice(0, end);
  const at = clean.indexOf('/-/');
  return at < 0 ? '' : clean.slice(0, at);
}
