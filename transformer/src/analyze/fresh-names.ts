// A file's text → names for inserted variables that no identifier of the file can be.
// Invariant: their prefix begins no word of the text; a name is handed out once.

/**
 * Returns a function that makes a fresh name from a word.
 * @param beginning of all of them
 */
export function freshNames(text: string, beginning = "$"): (word: string) => string {
  let prefix = beginning;
  while (beginsAWord(text, prefix)) prefix += "$";
  const taken = new Set<string>();
  // Large files have thousands of variables of one name: the count goes on where it stood.
  const counts = new Map<string, number>();
  return (word) => {
    let count = counts.get(word) ?? 1;
    let name = count === 1 ? prefix + word : `${prefix}${word}_${count}`;
    while (taken.has(name)) name = `${prefix}${word}_${++count}`;
    counts.set(word, count + 1);
    taken.add(name);
    return name;
  };
}

function beginsAWord(text: string, prefix: string): boolean {
  for (let at = text.indexOf(prefix); at >= 0; at = text.indexOf(prefix, at + 1)) {
    const next = text.charAt(at + prefix.length);
    if (/[\w$\\]/.test(next) || next > "\u007F") return true;
  }
  return false;
}
