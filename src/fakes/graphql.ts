/**
 * As much of GraphQL as a fake server needs: documents of one operation, resolved by plain functions. What the
 * schema does not know is an error, as it is for a real server.
 */

/** What a field takes, and where it leads; a scalar has no fields of its own. */
interface GraphqlField {
  /** Its arguments; a `!` at the end means that it must be given. */
  readonly args?: Readonly<Record<string, string>>;
  readonly fields?: GraphqlType;
}

interface GraphqlType {
  readonly [field: string]: GraphqlField;
}

export interface GraphqlSchema {
  readonly query: GraphqlType;
  readonly mutation: GraphqlType;
}

/** Gives what the fields of the operation itself yield; the rest is read from that. Throws what becomes an error. */
export type Resolve = (field: string, args: Readonly<Record<string, unknown>>) => unknown;

interface Selection {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly selections: readonly Selection[];
}

type Variables = Readonly<Record<string, unknown>>;

/** @returns the body of the answer: `data`, `errors`, or both */
export function execute(
  schema: GraphqlSchema,
  document: string,
  variables: Variables,
  resolve: Resolve,
): object {
  try {
    const { kind, selections } = new Parser(document, variables).operation();
    checkSelections(selections, schema[kind], kind === 'query' ? 'Query' : 'Mutation');
    const data: Record<string, unknown> = {};
    const errors: object[] = [];
    for (const selection of selections) {
      const { name } = selection;
      try {
        data[name] = pick(resolve(name, selection.args), selection.selections);
      } catch (error) {
        data[name] = null;
        errors.push({ message: messageOf(error), path: [name] });
      }
    }
    return errors.length > 0 ? { data, errors } : { data };
  } catch (error) {
    return { errors: [{ message: messageOf(error) }] };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown';
}

function checkSelections(selections: readonly Selection[], type: GraphqlType, typeName: string): void {
  for (const { name, args, selections: inner } of selections) {
    const field = Object.hasOwn(type, name) ? type[name] : undefined;
    if (!field) throw new Error(`Field '${name}' doesn't exist on type '${typeName}'`);
    checkArguments(name, args, field.args ?? {});
    if ((field.fields !== undefined) !== inner.length > 0) throw new Error(`Field '${name}' selects wrongly`);
    if (field.fields) checkSelections(inner, field.fields, name);
  }
}

function checkArguments(
  name: string,
  given: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, string>>,
): void {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(known, key)) throw new Error(`Field '${name}' doesn't accept argument '${key}'`);
  }
  for (const [key, type] of Object.entries(known)) {
    if (type.endsWith('!') && given[key] == null)
      throw new Error(`Argument '${key}' of '${name}' is missing`);
  }
}

function pick(value: unknown, selections: readonly Selection[]): unknown {
  if (Array.isArray(value)) return value.map((item) => pick(item, selections));
  if (selections.length === 0 || typeof value !== 'object' || value === null) return value ?? null;
  const record = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    selections.map((selection) => {
      const found = record[selection.name];
      const resolved = typeof found === 'function' ? found(selection.args) : found;
      return [selection.name, pick(resolved, selection.selections)];
    }),
  );
}

class Parser {
  readonly #tokens: string[];
  readonly #variables: Variables;
  readonly #declared = new Set<string>();

  constructor(document: string, variables: Variables) {
    this.#tokens = document.match(/\.\.\.|[A-Za-z_]\w*|\$\w+|\d+|"[^"\n]*"|[^\s,]/g) ?? [];
    this.#variables = variables;
  }

  operation(): { readonly kind: 'query' | 'mutation'; readonly selections: readonly Selection[] } {
    const kind = this.#next();
    if (kind !== 'query' && kind !== 'mutation') throw this.#error(kind);
    if (this.#tokens[0] !== '(' && this.#tokens[0] !== '{') this.#next();
    if (this.#tokens[0] === '(') this.#declarations();
    const selections = this.#selections();
    if (this.#tokens.length > 0) throw this.#error(this.#next());
    return { kind, selections };
  }

  #declarations(): void {
    this.#expect('(');
    while (this.#tokens[0] !== ')') {
      const name = this.#next().slice(1);
      this.#expect(':');
      const type = this.#next();
      this.#declared.add(name);
      if (this.#tokens[0] !== '!') continue;
      this.#next();
      if (this.#variables[name] == null) {
        throw new Error(`Variable $${name} of type ${type}! was provided invalid value`);
      }
    }
    this.#expect(')');
  }

  #selections(): readonly Selection[] {
    const selections: Selection[] = [];
    this.#expect('{');
    while (this.#tokens[0] !== '}') {
      const name = this.#next();
      if (name === '...') {
        selections.push(...this.#fragment());
        continue;
      }
      if (!/^[A-Za-z_]\w*$/.test(name)) throw this.#error(name);
      const args = this.#tokens[0] === '(' ? this.#pairs('(', ')') : {};
      selections.push({ name, args, selections: this.#tokens[0] === '{' ? this.#selections() : [] });
    }
    this.#expect('}');
    return selections;
  }

  /** Of the one type that the fake has in that place. */
  #fragment(): readonly Selection[] {
    this.#expect('on');
    this.#next();
    return this.#selections();
  }

  #list(): readonly unknown[] {
    const items: unknown[] = [];
    this.#expect('[');
    while (this.#tokens[0] !== ']') items.push(this.#value());
    this.#expect(']');
    return items;
  }

  #pairs(open: string, close: string): Readonly<Record<string, unknown>> {
    const pairs: Record<string, unknown> = {};
    this.#expect(open);
    while (this.#tokens[0] !== close) {
      const name = this.#next();
      this.#expect(':');
      pairs[name] = this.#value();
    }
    this.#expect(close);
    return pairs;
  }

  #value(): unknown {
    if (this.#tokens[0] === '{') return this.#pairs('{', '}');
    if (this.#tokens[0] === '[') return this.#list();
    const token = this.#next();
    // The name of an enumeration's value.
    if (/^[A-Za-z_]/.test(token) && !['true', 'false', 'null'].includes(token)) return token;
    if (!token.startsWith('$')) return JSON.parse(token);
    const name = token.slice(1);
    if (!this.#declared.has(name)) throw new Error(`Variable $${name} is used but not declared`);
    return this.#variables[name];
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token) throw this.#error(found);
  }

  #next(): string {
    const token = this.#tokens.shift();
    if (token === undefined) throw this.#error('end of file');
    return token;
  }

  #error(found: string): Error {
    return new Error(`Parse error on ${JSON.stringify(found)}`);
  }
}
