// Texts of many rows → each of them once in memory.

/** SQLite hands out a new string for each row, though thousands of rows say the same. */
export function onceEach(): <Text extends string | null>(text: Text) => Text {
  const known = new Map<string, string>();
  return (text) => {
    if (text === null) return text;
    const first = known.get(text);
    if (first === undefined) known.set(text, text);
    return (first as typeof text | undefined) ?? text;
  };
}
