/** A page of projects over several partitions, each of which has entries of nearly all. */
import {
  type Project,
  type ProjectOptions,
  type ProjectPage,
  parseProjectCursor,
  sumProjects,
  toProjectCursor,
} from '../projects.ts';
import type { Partition } from './partitions.ts';

export async function projectsIn(
  partitions: readonly Partition[],
  options: ProjectOptions,
): Promise<ProjectPage> {
  const pages = await Promise.all(partitions.map(({ ledger }) => ledger.projects(options)));
  const projects = new Map<string, Project>();
  for (const project of pages.flatMap((page) => page.projects)) {
    const name = nameOf(project);
    const known = projects.get(name);
    projects.set(name, known ? sumProjects(known, project) : project);
  }
  // Behind the first end of a page, its partition may have more.
  const ends = pages.flatMap(({ cursor }) =>
    cursor === undefined ? [] : nameOf(parseProjectCursor(cursor)),
  );
  const [end] = ends.toSorted(compareNames);
  const complete = [...projects]
    .toSorted(([a], [b]) => compareNames(a, b))
    .filter(([name]) => end === undefined || compareNames(name, end) <= 0);
  const found = complete.slice(0, options.limit).map(([, project]) => project);
  const last = found.at(-1);
  if (complete.length > options.limit && last) return { projects: found, cursor: toProjectCursor(last) };
  return { projects: found, ...(end !== undefined && { cursor: toProjectCursor(scopeOf(end)) }) };
}

function nameOf({ project, instance }: Pick<Project, 'project' | 'instance'>): string {
  return `${project}\n${instance}`;
}

function scopeOf(name: string) {
  const [project = '', instance = ''] = name.split('\n');
  return { project, instance };
}

/** As Redis sorts them. */
function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
