/**
 * What the page of test/browser-level.test.ts runs: the suite of journals, and a store that outlives the page, in the browser's own database.
 */
import { BrowserLevel } from 'browser-level'
import { createStore, type Store } from '../../index.js'
import { journalFaults, openLevel, type Durable } from '../../lib/journal/level.js'

// The page's own, which no other files use.
declare const navigator: { locks: { request(name: string, run: () => Promise<void>): Promise<void> } }

let places = 0

/** What a journal in the browser's database does wrong. */
function faults(durable: Durable): Promise<string[]> {
  return journalFaults(() => {
    places += 1
    const db = new BrowserLevel(`${durable} ${places}`)
    return { open: () => openLevel(db, { durable }) }
  })
}

/** Resolves when no other page has this lock; it is let go of with the page. */
function locked(name: string): Promise<void> {
  return new Promise((resolve) => {
    void navigator.locks.request(name, () => {
      resolve()
      return new Promise(() => {})
    })
  })
}

/** The store of this browser, once no other page has it. */
async function open(durable: Durable): Promise<void> {
  await locked('journal')
  const store = createStore({ host: 'page', journal: await openLevel(new BrowserLevel('journal'), { durable }), limits: { diskRetryMs: 50 } })
  const events: string[] = []
  store.on('unwritable', () => events.push('unwritable'))
  store.on('writable', () => events.push('writable'))
  Object.assign(globalThis, { store, clicks: store.counter('clicks'), events, authors: () => authorsOf(store) })
}

/** Whose cells the counter has. */
function authorsOf(store: Store): string[] {
  return store.explain('clicks')[0]?.cells.map(({ author }) => author) ?? []
}

Object.assign(globalThis, { faults, open })
