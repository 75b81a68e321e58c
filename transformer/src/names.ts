// A file's text → names for inserted variables that no identifier of the file can be.
// Invariant: every name handed out begins with a prefix that begins no word of the text, and is handed out once.

/** Returns a function that makes a fresh name from a word. */
export function freshNames(text: string): (word: string) => string {
  let prefix = "$";
  while (beginsAWord(text, prefix)) prefix += "$";
  const taken = new Set<string>();
  return (word) => {
    let name = prefix + word;
    for (let count = 2; taken.has(name); count++) name = `${prefix}${word}_${count}`;
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
