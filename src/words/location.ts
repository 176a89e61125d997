/** The file of a location, whatever the commit: each pipeline reports it under a new one. */
export function fileOf(location: string): string {
  const [file = ''] = location.split('#', 1);
  return file.replace(/\/-\/(?:raw|blob)\/[0-9a-f]{7,64}\//, '/-/');
}

/** The path of a file or project as it stands in a URL: each of its segments is percent-encoded. */
export function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
