/**
 * Whether a build leaves a path out, as Docker decides by its `.dockerignore`: the last line counts that matches the
 * path or a folder above it.
 * @returns a function of paths relative to the folder of the build, with `/` between their parts
 */
export function readDockerIgnore(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ leavesOut: !line.startsWith('!'), pattern: toRegExp(line.replace(/^!/, '')) }));
  return (path) => {
    const parts = path.split('/');
    const pathAndAbove = parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
    return rules.reduce(
      (leftOut, { leavesOut, pattern }) =>
        pathAndAbove.some((one) => pattern.test(one)) ? leavesOut : leftOut,
      false,
    );
  };
}

const WILDCARDS: Readonly<Record<string, string>> = {
  '**/': '(?:.*/)?',
  '**': '.*',
  '*': '[^/]*',
  '?': '[^/]',
};

function toRegExp(line: string): RegExp {
  if (/[[\\]/.test(line)) throw new Error(`This reader knows neither classes nor escapes: ${line}`);
  const source = line
    .replace(/^\/|\/$/g, '')
    .replace(/\*\*\/|\*\*|\*|\?|[.+^${}()|]/g, (found) => WILDCARDS[found] ?? `\\${found}`);
  return new RegExp(`^${source}$`);
}
