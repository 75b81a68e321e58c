// `llmops.config.json` as written → its types, and the schema for checking and for editors.
// Invariant: what an entry may hold stands in the table of options alone.
import * as v from "valibot";
import {
  OPTION_ROWS,
  type OptionRow,
  type RawSharedOptions,
  type RawSingleOptions,
} from "./options.ts";

/** The options of an entry or of the defaults, as written. */
export interface RawOptions extends RawSharedOptions {}

/** An entry of `track`, as written. */
export interface RawEntry extends RawSingleOptions, RawOptions {
  /** Globs of files, relative to the config file. @default all */
  files?: string | string[] | undefined;
  /** Globs of qualified names: `Class.method`, `outer.inner`, `**` for every function. */
  functions: string | string[];
}

/** As written in `llmops.config.json`. */
export interface RawConfig {
  /** For editors: `./node_modules/llmops-transformer/schema.json`. */
  $schema?: string | undefined;
  /** A path or a package whose configuration applies before this one, or several. */
  extends?: string | string[] | undefined;
  /** Functions that are tracked without a tag. */
  track?: RawEntry[] | undefined;
  /** Globs of files in which nothing is tracked. */
  exclude?: string[] | undefined;
  /** Options of all tracked functions; those of an entry or a tag win. */
  defaults?: RawOptions | undefined;
}

type Schemas = Record<string, v.GenericSchema>;

const glob = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const globs = v.pipe(
  v.union(
    [glob, v.pipe(v.array(glob), v.minLength(1, "must not be empty"))],
    "must be a text or a list of texts",
  ),
  v.description("One glob, or several."),
);

function valueSchema({ kind, of = [] }: OptionRow): v.GenericSchema {
  switch (kind) {
    case "text":
      return v.string("must be a text");
    case "flag":
      return v.boolean("must be true or false");
    case "names":
      return v.union([v.boolean(), v.array(v.string())], "must be true, false or a list of names");
    case "list":
      return v.array(v.string(), "must be a list of texts");
    case "record":
      return v.record(v.string(), v.unknown(), "must be an object");
    case "choice":
      return v.picklist(
        of,
        of.length === 1 ? `must be "${of.join("")}"` : `must be one of ${of.join(", ")}`,
      );
    default:
      return kind satisfies never;
  }
}

function optionSchemas(rows: typeof OPTION_ROWS): Schemas {
  const schemas = rows.map(([key, row]): [string, v.GenericSchema] => {
    const value = valueSchema(row);
    const described =
      row.description === undefined ? value : v.pipe(value, v.description(row.description));
    return [key, v.optional(described)];
  });
  return Object.fromEntries(schemas);
}

const entry: Schemas = {
  files: v.optional(
    v.pipe(globs, v.description("Globs of files, relative to the config file. Default: all.")),
  ),
  functions: v.pipe(
    globs,
    v.description("Globs of qualified names (Class.method, outer.inner); ** is every function."),
  ),
  ...optionSchemas(OPTION_ROWS),
};
const defaults: Schemas = optionSchemas(OPTION_ROWS.filter(([, row]) => row.single !== true));
const top: Schemas = {
  $schema: v.optional(v.string("must be a text")),
  extends: v.optional(
    v.pipe(
      v.union([glob, v.array(glob)], "must be a text or a list of texts"),
      v.description("Paths or packages whose configurations apply before this one."),
    ),
  ),
  track: v.optional(v.array(v.strictObject(entry), "must be a list of entries")),
  exclude: v.optional(v.array(glob, "must be a list of globs")),
  defaults: v.optional(v.strictObject(defaults)),
};

/** The whole file; `schema.json` is made from it. */
export const configSchema: v.GenericSchema<RawConfig> = v.strictObject(top);

/**
 * The keys that an object of the configuration may have.
 * @param path of the object, from the top
 */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  if (path.length === 0) return Object.keys(top);
  return Object.keys(path[0] === "defaults" ? defaults : entry);
}

/** What an option may be set to, where that is one of a few texts. */
export function knownChoices(key: string | number | undefined): readonly string[] {
  return OPTION_ROWS.find(([name]) => name === key)?.[1].of ?? [];
}
