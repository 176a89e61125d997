import { expect, it } from 'vitest';
import { originsOf } from '../../src/dispatch/running-step.ts';

it('tells the origins of an entry newest first, each once, and nothing of what is no address', () => {
  const locations = [
    'https://a.example.com/acme/app/-/raw/0123abc/key',
    'https://b.example.com:8443/gitlab/acme/app',
    '',
    'config/prod.env',
    'file:///etc/passwd',
    'https://user:password@a.example.com/acme/other',
  ];
  expect(originsOf(locations)).toEqual(['https://a.example.com', 'https://b.example.com:8443']);
});
