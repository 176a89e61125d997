import type { Project, ProjectPage } from '../ledger/projects.ts';
import { percentile } from './delays.ts';

/** A project as people see it. */
export interface ProjectState extends Pick<Project, 'entries'> {
  /** Its URL. */
  readonly project: string;
  /** Entries that are queued, held or need attention. */
  readonly open: number;
  readonly delayMs: { readonly median: number | null; readonly p95: number | null };
}

export interface ProjectStates extends Omit<ProjectPage, 'projects'> {
  readonly projects: readonly ProjectState[];
}

export function stateOf({ instance, project, entries, delays }: Project): ProjectState {
  const counts = Object.fromEntries(delays.entries());
  return {
    project: `${instance}/${project}`,
    open: entries.queued + entries.held + entries.attention,
    entries,
    delayMs: { median: percentile(counts, 0.5), p95: percentile(counts, 0.95) },
  };
}
