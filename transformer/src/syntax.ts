// Which TypeScript: always the caller's. Mixing two instances mixes their SyntaxKind numbers.
// Invariant: `typescript` is imported here and elsewhere as a type only.
import type ts from "typescript";

/** The compiler's API, as the host hands it over. */
export type Compiler = typeof ts;
export type { ts };
