// The store → what its traces can be narrowed by, and by how many each time.
import type { DatabaseSync } from "node:sqlite";
import type { Facet, FacetName, Facets } from "../../model.ts";
import { rowsOf } from "../database/statements.ts";

const NAMES: readonly FacetName[] = "project env model tag name fn user session status".split(
  " ",
) as FacetName[];
const MOST = 100;

export function facetsOf(database: DatabaseSync): Facets {
  const counts = rowsOf<Facet & { field: string }>(
    database.prepare(
      `SELECT field, value, n AS count FROM
         (SELECT term, count(*) AS n FROM trace_terms GROUP BY term)
       JOIN terms ON terms.id = term ORDER BY n DESC, value`,
    ),
  );
  const statuses = rowsOf<Facet>(
    database.prepare(
      "SELECT status AS value, count(*) AS count FROM traces GROUP BY status ORDER BY 2 DESC, 1",
    ),
  );
  const facets = new Map<string, Facet[]>(NAMES.map((name) => [name, []]));
  for (const { field, value, count } of counts) {
    const list = facets.get(field);
    if (list !== undefined && list.length < MOST) list.push({ value, count });
  }
  facets.set(
    "status",
    statuses.map(({ value, count }) => ({ value, count })),
  );
  return Object.fromEntries(facets) as unknown as Facets;
}
