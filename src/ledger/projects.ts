/** Entries by the projects in which they were found. */
import { STATES, type State } from './entry.ts';
import type { Scope } from './places.ts';
import { DELAY_BUCKETS_MS } from './statistics.ts';

/** A project in which something was found. */
export interface Project extends Scope {
  /** How many of its entries are in each state. */
  readonly entries: Readonly<Record<State, number>>;
  /** Of the tokens that were shown to be dead, how many took how long, see {@link DELAY_BUCKETS_MS}. */
  readonly delays: readonly number[];
}

export interface ProjectOptions {
  /** As {@link EntryFilter.project}. */
  readonly project?: string;
  readonly cursor?: string;
  readonly limit: number;
}

/** A page may be shorter than asked for and still have a successor. */
export interface ProjectPage {
  readonly projects: readonly Project[];
  /** Absent on the last page. */
  readonly cursor?: string;
}

/** What a text names: a project, or a group above some. */
export interface ProjectFilter {
  /** Empty: any. */
  readonly instance: string;
  /** Empty: all projects. */
  readonly path: string;
}

/** Of more projects than these, their entries are not gone through project by project. */
export const MAX_PROJECTS_MERGED = 100;

const URL_OF_PROJECT = /^(https?:\/\/[^/?#@\s]+)(?:\/|$)(.*)$/i;

/** @param text a path, or a URL of a project, a group or an instance */
export function parseProject(text: string): ProjectFilter {
  const [, instance = '', path = text] = URL_OF_PROJECT.exec(text.trim()) ?? [];
  return { instance: instance.toLowerCase(), path: path.trim().replace(/^\/+|\/+$/g, '') };
}

/** What is counted of a project: a state, or a bucket of {@link Project.delays}. */
export type ProjectTally = State | `dead:${number}`;

export function deadTally(bucket: number): ProjectTally {
  return `dead:${bucket}`;
}

export function toProject(scope: Scope, tallies: Readonly<Record<string, number>>): Project {
  const delays = Array.from(
    { length: DELAY_BUCKETS_MS.length + 1 },
    (_, index) => tallies[deadTally(index)] ?? 0,
  );
  const entries = Object.fromEntries(STATES.map((state) => [state, tallies[state] ?? 0]));
  return { ...scope, entries: entries as Record<State, number>, delays };
}

/** The same project, of parts that counted apart. */
export function sumProjects(one: Project, other: Project): Project {
  const entries = STATES.map((state) => [state, one.entries[state] + other.entries[state]]);
  return {
    ...one,
    entries: Object.fromEntries(entries) as Record<State, number>,
    delays: one.delays.map((each, index) => each + (other.delays[index] ?? 0)),
  };
}

/** @param last the last project of a page */
export function toProjectCursor({ project, instance }: Scope): string {
  return Buffer.from(`${project}\n${instance}`).toString('base64url');
}

/** @returns the project to stay behind; the very beginning for a cursor that is none of ours */
export function parseProjectCursor(cursor = ''): Scope {
  const [project = '', instance = ''] = Buffer.from(cursor, 'base64url').toString().split('\n');
  return { project, instance };
}
