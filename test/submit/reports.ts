/** Reports as the scanners write them; the tokens are put in here, so that no scanner finds them in the sources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const TOKENS = {
  gitlab: ['gl', 'pat-', 'A1b2'.repeat(5)].join(''),
  heroku: `HRKU-${'ab12'.repeat(10)}`,
  gcp: `"private_key": "-----BEGIN ${'PRIVATE'} KEY-----\\nMIIE`,
  'aws-id': ['AK', 'IA', 'Z7QX'.repeat(4)].join(''),
  'aws-secret': 's3Cr'.repeat(10),
  shopify: ['shp', 'at_', '0123456789abcdef'.repeat(2)].join(''),
};

export const REPORTS = {
  gitlab: 'gl-secret-detection-report-15.json',
  gitleaks: 'gitleaks.json',
  trufflehog: 'trufflehog.jsonl',
  kingfisher: 'kingfisher-2.jsonl',
};

/** The text of a file in `fixtures/`, its `{{name}}` replaced by tokens. */
export function reportText(name: string, tokens: Readonly<Record<string, string>> = TOKENS): string {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', name), 'utf8');
  return text.replace(/\{\{([a-z-]+)\}\}/g, (_, token: string) => {
    const value = tokens[token];
    if (value === undefined) throw new Error(`No token ${token} for ${name}`);
    return JSON.stringify(value).slice(1, -1);
  });
}
