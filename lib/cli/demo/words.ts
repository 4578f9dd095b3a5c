/**
 * The text that is counted: every README and LICENSE under a folder, who counts which of them, the words in each, and what one loop
 * in one process makes of all that.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative, sep } from 'node:path'
import type { Json } from '../../json.js'
import { limits } from '../../limits.js'
import { cut } from '../text.js'

/** A word, and a file that has it. */
export type Find = { word: string; file: string }

/** The answer that the hosts must come to. */
export type Straight = {
  /** How often each word occurs. */
  counts: ReadonlyMap<string, number>
  /** The files with words in them, as `elementOf` names them. */
  files: ReadonlySet<string>
  /** The longest word of each host's files. */
  longest: ReadonlyMap<string, Find>
}

const isText = /^(readme|licen[cs]e)/i
const wordPattern = /[\p{L}\p{N}]+/gu

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
  return (readFileSync(file, 'utf8').toLowerCase().match(wordPattern) ?? []).map((word) => cut(word, limits.nameBytesMax))
}

/** A file as an element of a set: its path below `folder`, alike on every machine, as far as it fits. */
export function elementOf(folder: string, file: string): string {
  return cut(relative(folder, file).replaceAll(sep, '/'), limits.partBytesMax - 1)
}

/** The longer of two words; of words as long the one that sorts first, of one word the file that does. */
export function longer(a: Find | undefined, b: Find): Find {
  if (a === undefined) return b
  if (a.word.length !== b.word.length) return a.word.length > b.word.length ? a : b
  if (a.word !== b.word) return a.word < b.word ? a : b
  return a.file <= b.file ? a : b
}

/** Whether a value of a register is a find. */
export function isFind(value: Json): value is Find {
  return typeof value === 'object' && value !== null && 'word' in value && 'file' in value &&
    typeof value.word === 'string' && typeof value.file === 'string'
}

/** The straight answer for files in `folder` of which each host has its share. */
export function straightAnswer(folder: string, shares: ReadonlyMap<string, readonly string[]>): Straight {
  const counts = new Map<string, number>()
  const files = new Set<string>()
  const longest = new Map<string, Find>()
  for (const [host, share] of shares) {
    for (const path of share) {
      const file = elementOf(folder, path)
      for (const word of wordsOf(path)) {
        counts.set(word, (counts.get(word) ?? 0) + 1)
        longest.set(host, longer(longest.get(host), { word, file }))
        files.add(file)
      }
    }
  }
  return { counts, files, longest }
}
