import { getPathNoStrict } from 'hono/utils/url';

/** Between the paths of the routes and those that a browser asks for, which have the base path before them. */
export interface BasePath {
  /** What a browser has to ask for; for links, redirects, forms and cookies. */
  readonly to: LinkTo;
  /** Below which a cookie is sent. */
  readonly cookiePath: string;
  /** The route's path; one without the base path stays as it is. */
  from(path: string): string;
  /** For the router: what to look for among the routes. A slash at the end does not matter. */
  readonly routeOf: (request: Request) => string;
}

/** @param path of a route, with a slash at its beginning */
export type LinkTo = (path: string) => string;

/**
 * A proxy may cut the base path off or leave it, and probes and commands on the machine itself come without one: both are
 * answered.
 * @param base without a slash at its end; empty for none
 */
export function basePathOf(base: string): BasePath {
  const from = (path: string) => {
    if (base === '' || !path.startsWith(base)) return path;
    const rest = path.slice(base.length);
    if (rest === '' || rest.startsWith('?')) return `/${rest}`;
    return rest.startsWith('/') ? rest : path;
  };
  return {
    from,
    to: (path) => `${base}${path}`,
    cookiePath: base || '/',
    routeOf: (request) => from(getPathNoStrict(request)),
  };
}
