// A question and passages in → the sentences of the passages that match it best, within a number of tokens, out. Same input, same answer.
import { countTokens, decode, encode } from "gpt-tokenizer/model/gpt-4o-mini";

export interface Extract {
  text: string;
  finishReason: "stop" | "length";
}

/** An extract of more sentences than this is no answer any more. */
const MOST_SENTENCES = 2;
const NOTHING_FOUND = "The passages do not answer this question.";
/** Text may hold what looks like a control token, "<|endoftext|>": it is text here. */
const AS_TEXT = { disallowedSpecial: new Set<string>() };

const sentencesOf = new Intl.Segmenter("en", { granularity: "sentence" });
const wordsOf = new Intl.Segmenter("en", { granularity: "word" });

interface Candidate {
  position: number;
  text: string;
  terms: Set<string>;
}

export function extract(question: string, passages: string, maxTokens: number): Extract {
  const wanted = termsOf(question);
  const candidates = candidatesOf(passages);
  const ranked = rank(wanted, candidates);

  const chosen: Candidate[] = [];
  let tokens = 0;
  for (const candidate of ranked) {
    const cost = countTokens(` ${candidate.text}`, AS_TEXT);
    if (chosen.length === MOST_SENTENCES || tokens + cost > maxTokens) break;
    chosen.push(candidate);
    tokens += cost;
  }
  const [best] = ranked;
  if (best === undefined) return { text: NOTHING_FOUND, finishReason: "stop" };
  if (chosen.length === 0) {
    const cut = encode(best.text, AS_TEXT).slice(0, maxTokens);
    return { text: decode(cut), finishReason: "length" };
  }
  chosen.sort((a, b) => a.position - b.position);
  return { text: chosen.map(({ text }) => text).join(" "), finishReason: "stop" };
}

/** Best first. Rare words count more (inverse document frequency over these sentences), rambling sentences less. */
function rank(wanted: Set<string>, candidates: readonly Candidate[]): Candidate[] {
  const weights = new Map<string, number>();
  for (const term of wanted) {
    const holders = candidates.filter(({ terms }) => terms.has(term)).length;
    weights.set(term, Math.log(1 + candidates.length / (1 + holders)));
  }
  const scored = candidates.map((candidate) => {
    let score = 0;
    for (const [term, weight] of weights) if (candidate.terms.has(term)) score += weight;
    return { candidate, score: score / Math.sqrt(8 + candidate.terms.size) };
  });
  return scored
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || a.candidate.position - b.candidate.position)
    .map(({ candidate }) => candidate);
}

function candidatesOf(passages: string): Candidate[] {
  const lines = passages.split("\n").filter((line) => !/^\[\d+\] /.test(line));
  const seen = new Set<string>();
  const candidates: Candidate[] = [];
  for (const line of lines) {
    for (const { segment } of sentencesOf.segment(line)) {
      const text = segment.trim();
      const terms = termsOf(text);
      // Only whole sentences: labels and items of a list say little outside it.
      if (!/^["“`A-Z].*[.!?]$/.test(text) || terms.size < 3 || seen.has(text)) continue;
      seen.add(text);
      candidates.push({ position: candidates.length, text, terms });
    }
  }
  return candidates;
}

function termsOf(text: string): Set<string> {
  const terms = new Set<string>();
  for (const { segment, isWordLike } of wordsOf.segment(text.toLowerCase())) {
    if (isWordLike === true && segment.length > 2) terms.add(stem(segment));
  }
  return terms;
}

/** "generating", "generates" and "generated" should meet "generate"; more grammar than this is not needed. */
function stem(word: string): string {
  return word.length > 4 ? word.replace(/(?:ing|ed|es|s|e)$/, "") : word;
}
