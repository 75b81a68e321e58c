// A root in which tags alone mark functions → a filter by which Rolldown refuses files by itself.
// Invariant: refuses no file that could hold a site; what lies outside of the root is asked for.
import { realpathSync } from "node:fs";
import { MAY_BE_TAG } from "../../../analyze/analyze.ts";
import { COMPONENT_ID, SOURCE_ID, VIRTUAL_ID } from "../sources.ts";

/** As Rolldown's filter expressions are, of `@rolldown/pluginutils`. */
type Expression =
  | { readonly kind: "and" | "or"; readonly args: Expression[] }
  | { readonly kind: "not"; readonly expr: Expression }
  | {
      readonly kind: "id";
      readonly pattern: RegExp;
      readonly params: { readonly cleanUrl: boolean };
    }
  | { readonly kind: "code"; readonly pattern: RegExp };

export type NativeFilter = {
  readonly kind: "include" | "exclude";
  readonly expr: Expression;
}[];

export function refusingFilter(root: string): NativeFilter {
  const source: Expression = { kind: "or", args: [id(SOURCE_ID), id(COMPONENT_ID)] };
  const outside: Expression = { kind: "not", expr: id(below(root)) };
  const may: Expression = { kind: "or", args: [{ kind: "code", pattern: MAY_BE_TAG }, outside] };
  return [
    { kind: "exclude", expr: id(VIRTUAL_ID) },
    { kind: "include", expr: { kind: "and", args: [source, may] } },
  ];
}

const id = (pattern: RegExp): Expression => ({ kind: "id", pattern, params: { cleanUrl: false } });

/** Ids are real paths, with forward slashes in Vite. */
function below(root: string): RegExp {
  const roots = [...new Set([root, realRoot(root)])].map((path) => {
    const names = path.replace(/[\\/]+$/, "").split(/[\\/]/);
    const escaped = names.map((name) => name.replaceAll(/[.*+?^${}()|[\]]/g, String.raw`\$&`));
    return escaped.join(String.raw`[\\/]`);
  });
  return new RegExp(String.raw`^(?:${roots.join("|")})[\\/]`);
}

function realRoot(root: string): string {
  try {
    return realpathSync(root);
  } catch {
    return root;
  }
}
