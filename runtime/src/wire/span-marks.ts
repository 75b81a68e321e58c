// A trace's JSON text → where its spans begin: assemble.ts writes these marks, split.ts cuts there.
export const OPEN_SPANS = "[\t";
export const NEXT_SPAN = ",\t";
export const CLOSE_SPANS = "\t]";
