/**
 * Keys that OpenSSH made for these tests and that open nothing, with the fingerprints that it printed. Their headers
 * are put on here, so that no scanner takes them for leaks.
 */
export interface TestKey {
  readonly pem: string;
  readonly fingerprint: string;
}

export function armoured(label: string, body: string): string {
  return [`-----BEGIN ${label}-----`, body, `-----END ${label}-----`].join('\n');
}

const testKey = (label: string, fingerprint: string, ...lines: string[]): TestKey => ({
  pem: armoured(label, lines.join('\n')),
  fingerprint,
});

export const ed25519 = testKey(
  'OPENSSH PRIVATE KEY',
  'SHA256:eI7I51NvnMnVd48IFAwCASb8GHC8XcSS19q7rd/WK7A',
  'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW',
  'QyNTUxOQAAACCQ1KppdiHYeYuaCko7z7TsZSgPblI/itwsem5a+h0BqgAAAJDF4W+GxeFv',
  'hgAAAAtzc2gtZWQyNTUxOQAAACCQ1KppdiHYeYuaCko7z7TsZSgPblI/itwsem5a+h0Bqg',
  'AAAEAtkr3tUVTcT/ndlg+Gt2QEtVSyC1lrjbTiVKtBIciOjpDUqml2Idh5i5oKSjvPtOxl',
  'KA9uUj+K3Cx6blr6HQGqAAAAB3NvbWVvbmUBAgMEBQY=',
);

export const rsa = testKey(
  'OPENSSH PRIVATE KEY',
  'SHA256:zqfqYky83tL2htyFf4KU3tHGHiwAEG12O0o789gf6NE',
  'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAlwAAAAdzc2gtcn',
  'NhAAAAAwEAAQAAAIEAxVX5VhCbA4Gbue7MGEvRdDMEUUh9L+YSNBRR0MXWhESQpgxfF0HD',
  'YfAI/U/8Sn2Ym/vgMNLWWom57LjBDt6LptjjkSFLRZj9Tiu2bgbAMGZWCnhcehgJ7uyKif',
  'LxIKIle9DO2dC8rXnmdAgX+zkFdXupOxbZbr8Y7A2oXVRd4bcAAAIA0Xv16NF79egAAAAH',
  'c3NoLXJzYQAAAIEAxVX5VhCbA4Gbue7MGEvRdDMEUUh9L+YSNBRR0MXWhESQpgxfF0HDYf',
  'AI/U/8Sn2Ym/vgMNLWWom57LjBDt6LptjjkSFLRZj9Tiu2bgbAMGZWCnhcehgJ7uyKifLx',
  'IKIle9DO2dC8rXnmdAgX+zkFdXupOxbZbr8Y7A2oXVRd4bcAAAADAQABAAAAgCc5nrVH2b',
  'hJtA2ydOlDcN/7IBmUIiY6QlYNz/GC0dA63NHU1bYGwXKfRvorQwf/jS08VOT/k9ItXEK8',
  'ustc2z82GnEjgKCF4/x6BK9W/AE4kZV3JmjK0Q5hv5PeNsjY73kQJ8wSjTZVXpeHIHbrM4',
  'kVG4VsrrqoQWYMsZQVJzvpAAAAQH8UUr3pAaUFeqcm7NQ8FmWAxsyKdrPP50jzVDm1OrV7',
  'upS1LBPkPtIt2Cb4T2rX1ihfQ3MVenaMq6+1o4M94AoAAABBAPxt0P62NgQxRcQ7ErN0B5',
  'i+HP4Zvx6Puu/o1K6l36MzUCOPYGuxlk6RjeK9znISQOqGEV5RJa2G1xRJSEq64sMAAABB',
  'AMggopmYqBYYBJd8vrWgddNf9aNfwbrt/Ft4d5W3iEwIUWAoayP4vP8tG1QQYfXthT5LYQ',
  '4wsSmzmfQ125T6rf0AAAAHc29tZW9uZQECAwQ=',
);

export const ecdsaP256 = testKey(
  'OPENSSH PRIVATE KEY',
  'SHA256:OK/KAXVtiUUmKkxqeeAyFd/PG/m+Zg9vZb6YgBC6Qq0',
  'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAaAAAABNlY2RzYS',
  '1zaGEyLW5pc3RwMjU2AAAACG5pc3RwMjU2AAAAQQTALTAEXZrhjRni7DIpA+mtDAm2IT5h',
  'jZpZQVEIAyT9kdBmrBLbwFFSRwfBUBtEs+DCuTiifc+9Q1wlUoBFAgVhAAAAoFUQ8StVEP',
  'ErAAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMAtMARdmuGNGeLs',
  'MikD6a0MCbYhPmGNmllBUQgDJP2R0GasEtvAUVJHB8FQG0Sz4MK5OKJ9z71DXCVSgEUCBW',
  'EAAAAhAPjzAr9pRn3pz+TYqL1p3SunGwjFyTEvj4hNPipzpDK4AAAAB3NvbWVvbmU=',
);

export const ecdsaP384 = testKey(
  'OPENSSH PRIVATE KEY',
  'SHA256:4OsU1RWqFWQRUQdeLc4ScrA62p95LZ8sjIIJfskuH1M',
  'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAiAAAABNlY2RzYS',
  '1zaGEyLW5pc3RwMzg0AAAACG5pc3RwMzg0AAAAYQQqlNfBO7Rs3C7PZ5bqsN9ncWHE6dFf',
  '+kph2cLiNkbsEWYmO01LrSLwntTHsqBc2GHsoFUaj1vhQaVDWyzgsuM9Krpub7HnErNFQf',
  'RS/uUbelF3Clzbn8y2xpwl3S6Yc3wAAADQRZpcy0WaXMsAAAATZWNkc2Etc2hhMi1uaXN0',
  'cDM4NAAAAAhuaXN0cDM4NAAAAGEEKpTXwTu0bNwuz2eW6rDfZ3FhxOnRX/pKYdnC4jZG7B',
  'FmJjtNS60i8J7Ux7KgXNhh7KBVGo9b4UGlQ1ss4LLjPSq6bm+x5xKzRUH0Uv7lG3pRdwpc',
  '25/MtsacJd0umHN8AAAAMQD1ys8lPqXqXZe8chphw0N+5IUbX1pdNGFSLI0dlxQpZ9lEo9',
  'fl52f2O8FfHBWqo30AAAAHc29tZW9uZQ==',
);

export const ecdsaP521 = testKey(
  'OPENSSH PRIVATE KEY',
  'SHA256:urJUVQdNA/sxeOsXxZflrh3PTTkVzzzC+9IMQ9aoL7I',
  'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAArAAAABNlY2RzYS',
  '1zaGEyLW5pc3RwNTIxAAAACG5pc3RwNTIxAAAAhQQBQ6s8x6OhEFktji8HPVS0wvv0zyuM',
  'dynW7Zfh2QSy5BJBn93TXt9uZuAZOaO9VvIzf2uvcEvXOf9bsI180LaZQm8AWEwhSOWHth',
  'vmml3cLYo/gFL6f79+ChwmbvZyw7jleiLttcpuPdzi/j2MMUVK0gPbP3CulKyGdrJk+mpx',
  'ifuMZuEAAAEIrmT0V65k9FcAAAATZWNkc2Etc2hhMi1uaXN0cDUyMQAAAAhuaXN0cDUyMQ',
  'AAAIUEAUOrPMejoRBZLY4vBz1UtML79M8rjHcp1u2X4dkEsuQSQZ/d017fbmbgGTmjvVby',
  'M39rr3BL1zn/W7CNfNC2mUJvAFhMIUjlh7Yb5ppd3C2KP4BS+n+/fgocJm72csO45Xoi7b',
  'XKbj3c4v49jDFFStID2z9wrpSshnayZPpqcYn7jGbhAAAAQgGkhO1vgiaalZf2NthCdUry',
  'lvkHdYl40+JwJ6PFq87DEMjs3akBbHws/+WeyzDP/B7BLbBXVDTAziKNMk4iKyRU6AAAAA',
  'dzb21lb25lAQID',
);

export const withPassphrase = testKey(
  'OPENSSH PRIVATE KEY',
  'SHA256:aiMnc3LatxTHs+F6jug431kjV8e7YOffYWEHgUuSOfU',
  'b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAGYmNyeXB0AAAAGAAAABD3m3lbFp',
  '2Eu5OLeDBPgRdqAAAAEAAAAAEAAAAzAAAAC3NzaC1lZDI1NTE5AAAAIKca3zxwX19ILbgP',
  'WhrXxwgavhYxFH1KB/R8b7hOrEiGAAAAkP3+F4dVQaUyKxKKmpSqwPzTVZfplHKUfzV+gn',
  '1QZ137CHS0gq9LC9j/BIXsFR8H7PhjbcwpwMgT4q8NmrILsG8aNEzkFaLgqDIzArTx7iMG',
  'L1rR0zPtwtD8HVCiIW0hHWRL5No36fnXpZZMlqUb7JpMqT8JEQz/CXS5ConyGSwKgUs7BC',
  '93NLIewpT5g8m4wg==',
);

export const sec1 = testKey(
  'EC PRIVATE KEY',
  'SHA256:uylM+xp96R4c2V6/2VvUItaZmjqX8Z4uJU9vTNGgerM',
  'MHcCAQEEILA6EliwL4nnV9suH+Oe9AVFL08FFaNrhy8Um0VvQf6qoAoGCCqGSM49AwEHoU',
  'QDQgAEpmOX9njH+WeBZ+Rq4+CRphyQI41VnZauG50j8woYqiD6SJU+y6GMEOa/2yUUD7QH',
  'a0l102S60Zpm6sSTNtOMgw==',
);

export const pkcs8 = testKey(
  'PRIVATE KEY',
  'SHA256:0VKS77dRhFMSLDyP2l2aLKp4Sflt/0c6AZ4wpjyk2z4',
  'MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAMAEGLCfJGOawEaMOVtY5t',
  'v5/HcuVBiDsiNdwnSEHg1aDAFx2/jZ9IDBtmjB1ptbihN296sKsa3C3EBQNhC4Bk37+T0S',
  'sTsMGGk6fhPk8rvYz4AP6Be2+rUeLNLecs0vAGaqSwGR0EdZLk3X6ivQTAiEdjHKGFlyOA',
  'BTe077PuWBAgMBAAECgYEArT3E7O3YjglcOwpe4XzXZVcponnpI+kGOwRn4molFxTMSi1p',
  'Mx+qitS7d86Tir3PWPp4QBi48DYkM95quTDfdcG+fozUh1DCy7yJBqEPXoQTWWcfQkT57w',
  'GJIXHBggDaIfdPxjxmnWi2//sR233iUmChdFBO1otZ3yaDuuGh7bUCQQDtlrRX13mQqR4X',
  'FKChKMuRjldLVDeJuNCQibZr7Nb5gM5XAGHywnNIKtZa2fIqA0WUIupln+ppTgO5xWX0Kb',
  'VDAkEAzuVRoYxvL3oqxzCdsHod+63XTlTSv/vc6N4+ZmETR7ZMm90t+9T2BGDUa9qwM5VI',
  '2LrsZU0R5toWKQSi8Jvr6wJBAK3kksSEOj6N+S8Ncu/hqvUzCGNjFW8grM5NbQ4a/9EH3H',
  '5DEm2assPMTq2aPStQz7k3wPV2kRxX9FQgzZlieX8CQH04O8TLy0tv5E40dWwnLNhzqbkm',
  'C3vYwyZJxHiQTmv7wLghEMC3bsLNnCM+85/0vWc3EvZow+n1mq3uuXNo20sCQB+XZuUbyo',
  'OnejE/JfLC72+C7KwfRjQjJwjk+AEjglMOdBHT1WAjP5UJLoEuPiL+b4apjQpkFFAquOw4',
  '8iXCyKU=',
);
