// A JSON Schema as a constant → the type of what it describes. It knows the keywords of schema.ts.

/** Anything JSON can hold. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
/** An object as JSON has it. */
export type JsonObject = { readonly [key: string]: Json };

interface Scalars {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  null: null;
}

/** Properties with a `$comment` may be absent. */
export type FromSchema<S> = S extends { const: infer C }
  ? C
  : S extends { enum: readonly (infer E)[] }
    ? E
    : S extends { anyOf: readonly (infer A)[] }
      ? FromSchema<A>
      : S extends { type: "object"; properties: infer P }
        ? ObjectOf<P>
        : S extends { type: "object" }
          ? JsonObject
          : S extends { items: infer I }
            ? readonly FromSchema<I>[]
            : S extends { type: readonly (infer T)[] }
              ? Scalars[T & keyof Scalars]
              : S extends { type: infer T }
                ? Scalars[T & keyof Scalars]
                : Json;

type ObjectOf<P> = {
  readonly [K in keyof P as P[K] extends { $comment: string } ? never : K]: FromSchema<P[K]>;
} & {
  readonly [K in keyof P as P[K] extends { $comment: string } ? K : never]?: FromSchema<P[K]>;
};
