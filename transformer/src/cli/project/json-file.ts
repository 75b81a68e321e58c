// A JSON file, with comments or without → its value, and where each part of it stands.
// Invariant: a file that is not there, or no JSON, is no error here: it has no value.
import { readFileSync } from "node:fs";
import {
  findNodeAtLocation,
  type JSONPath,
  type Node,
  type ParseError,
  parseTree,
} from "jsonc-parser";

/** Where something stands in a file; 1-based. */
export interface FilePlace {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export class JsonFile {
  readonly path: string;
  readonly text: string;
  /** It is no JSON, also where comments and trailing commas are allowed. */
  readonly broken: boolean;
  readonly #tree: Node | undefined;

  private constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    const errors: ParseError[] = [];
    this.#tree = parseTree(text, errors, { allowTrailingComma: true });
    this.broken = errors.length > 0;
  }

  static read(path: string): JsonFile | undefined {
    const text = readText(path);
    return text === undefined ? undefined : new JsonFile(path, text);
  }

  static parse(path: string, text: string): JsonFile {
    return new JsonFile(path, text);
  }

  /** The text at a path, if one stands there. */
  string(path: JSONPath): string | undefined {
    const value = this.#at(path)?.value as unknown;
    return typeof value === "string" ? value : undefined;
  }

  /** The keys and texts of an object: scripts, dependencies. */
  texts(path: JSONPath): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const { children: [key, value] = [] } of this.#at(path)?.children ?? []) {
      if (typeof value?.value === "string") found.set(String(key?.value), value.value);
    }
    return found;
  }

  /** Of an object. */
  keys(path: JSONPath): string[] {
    const node = this.#at(path);
    const properties = node?.type === "object" ? (node.children ?? []) : [];
    return properties.map(({ children: [key] = [] }) => String(key?.value));
  }

  /** The items of an array. */
  count(path: JSONPath): number {
    const node = this.#at(path);
    return node?.type === "array" ? (node.children?.length ?? 0) : 0;
  }

  has(path: JSONPath): boolean {
    return this.#at(path) !== undefined;
  }

  /** Of the value at a path, or of what there is on the way to it. */
  placeOf(path: JSONPath): FilePlace {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#at(path.slice(0, length));
      if (node === undefined) continue;
      // The key says what a value is about.
      const { offset } = node.parent?.type === "property" ? node.parent : node;
      return placeAt(this.path, this.text, offset);
    }
    return { file: this.path, line: 1, column: 1 };
  }

  #at(path: JSONPath): Node | undefined {
    return this.#tree === undefined ? undefined : findNodeAtLocation(this.#tree, path);
  }
}

function placeAt(file: string, text: string, offset: number): FilePlace {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { file, line: before.split("\n").length, column: offset - lineStart + 1 };
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return undefined;
  }
}
