/**
 * Writes the table of limits into README.md, between its two markers, from lib/limits.ts: names and reasons from the comments of
 * `Limits`, defaults from the object that the store uses.
 *
 *     node --import tsx scripts/limits-table.mjs                  writes it
 *     node --import tsx scripts/limits-table.mjs --check [FILE]   fails if FILE (README.md) holds another
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { limits } from '../lib/limits.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const begin = '<!-- limits: written by scripts/limits-table.mjs -->'
const end = '<!-- /limits -->'

/** The comment above each bound of the interface, on one line. */
function reasons() {
  const source = readFileSync(`${root}lib/limits.ts`, 'utf8')
  const body = /export interface Limits \{\n(.*?)\n\}/s.exec(source)?.[1] ?? ''
  return new Map([...body.matchAll(/\/\*\*(.*?)\*\/\s*(\w+): number/gs)].map(([, text, name]) => [name, oneLine(text)]))
}

function oneLine(comment) {
  return comment.replace(/\n\s*\*/g, ' ').replace(/\s+/g, ' ').trim()
}

function table() {
  const known = reasons()
  const rows = Object.entries(limits).map(([name, value]) => {
    const reason = known.get(name)
    if (reason === undefined) throw new Error(`lib/limits.ts says nothing about ${name}.`)
    return `| \`${name}\` | ${value.toLocaleString('en-US')} | ${reason.replaceAll('|', '\\|')} |`
  })
  return ['| limit | default | |', '|---|---:|---|', ...rows].join('\n')
}

/** The page with its table written anew. */
function renewed(page) {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`there is no place for the table: ${begin} … ${end}`)
  return `${page.slice(0, from)}${begin}\n${table()}\n${page.slice(to)}`
}

const [mode, file = `${root}README.md`] = process.argv.slice(2)
const page = readFileSync(file, 'utf8')
const right = renewed(page)
if (mode === undefined) {
  writeFileSync(file, right)
} else if (mode !== '--check') {
  throw new Error(`there is no option ${mode}; there is --check.`)
} else if (page !== right) {
  console.error(`the table of limits in ${file} is not that of lib/limits.ts; run: node --import tsx scripts/limits-table.mjs`)
  process.exitCode = 1
}
