// Text from traces → what a terminal may show.

/** Control characters, and those that turn the direction of a text, as escapes. */
export function visible(text: string): string {
  return text.replaceAll(HIDDEN, (found) => {
    return `\\u${(found.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
  });
}

/** Line breaks stay. */
const HIDDEN = /(?!\n)[\p{Cc}\p{Bidi_Control}]/gu;
