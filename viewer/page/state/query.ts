// A query's text ↔ its terms, as far as menus and chips know them.
// Invariant: a term that a menu takes in and out again leaves the rest of the text as it was.

/** Terms as they are written: a quoted text is one, with what stands before its quote. */
export function termsOf(query: string): readonly string[] {
  return query.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

/** The field of a term, or undefined: it is a word. */
export function fieldOf(term: string): string | undefined {
  return /^-?([a-z]+(?:\.[^:\s"]+)?):/i.exec(term)?.[1]?.toLowerCase();
}

export function without(query: string, term: string): string {
  const terms = termsOf(query);
  const at = terms.indexOf(term);
  return terms.filter((_, index) => index !== at).join(" ");
}

/** The values that a query asks of a field by `field:a,b`. */
export function valuesOf(query: string, field: string): readonly string[] {
  const term = termOf(query, field);
  if (term === undefined) return [];
  const values = term.slice(field.length + 1).match(/"[^"]*"?|[^,"]+/g) ?? [];
  return values.map((value) => value.replaceAll('"', ""));
}

/** The query with a field asked for exactly these values, or not at all. */
export function withValues(query: string, field: string, values: readonly string[]): string {
  const term = termOf(query, field);
  const next = values.length === 0 ? "" : `${field}:${values.map(quotedWhereNeeded).join(",")}`;
  if (term === undefined) return [...termsOf(query), next].filter((each) => each !== "").join(" ");
  return termsOf(query)
    .map((each) => (each === term ? next : each))
    .filter((each) => each !== "")
    .join(" ");
}

function termOf(query: string, field: string): string | undefined {
  return termsOf(query).find((term) => term.toLowerCase().startsWith(`${field}:`));
}

function quotedWhereNeeded(value: string): string {
  return /^[\w.@/><=*$-]+$/.test(value) ? value : `"${value.replaceAll('"', "")}"`;
}
