/**
 * The text that is counted: every README and LICENSE under a folder, who counts which of them, and the words in each.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { limits } from '../../index.js'

const isText = /^(readme|licen[cs]e)/i
const wordPattern = /[\p{L}\p{N}]+/gu
const encoder = new TextEncoder()

/** All files of text under `folder`, in the same order on every machine. */
export function textFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => isText.test(basename(path)))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .sort()
}

/** Deals files out like cards. */
export function deal(files: readonly string[], hands: number): string[][] {
  return Array.from({ length: hands }, (_, hand) => files.filter((_, i) => i % hands === hand))
}

/** The words of one file: runs of letters and digits in lower case, none longer than a name may be. */
export function wordsOf(file: string): string[] {
  return (readFileSync(file, 'utf8').toLowerCase().match(wordPattern) ?? []).map(cut)
}

/** How often each word occurs in all files, counted by one loop in one process. */
export function straightCount(files: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const file of files) {
    for (const word of wordsOf(file)) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return counts
}

/** As many whole characters of a word as fit into a name. */
function cut(word: string): string {
  if (word.length * 3 <= limits.nameBytesMax) return word
  return word.slice(0, encoder.encodeInto(word, new Uint8Array(limits.nameBytesMax)).read)
}
