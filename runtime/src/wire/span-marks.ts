// What assemble.ts puts around and between the spans of a trace's JSON text, and wire-cut.ts cuts at.
export const OPEN_SPANS = "[\t";
export const NEXT_SPAN = ",\t";
export const CLOSE_SPANS = "\t]";
