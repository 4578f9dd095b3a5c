/**
 * What every journal must do, as a suite that tells in words what one does not: run it over a journal of your own.
 */
import { isGossipError } from '../errors.js'
import type { Entry, Journal } from '../gossip/journal.js'

/** A place to keep things, empty at first. `open` opens what was kept there; what was open before has been closed. */
export type JournalSubject = { open(): Promise<Journal> }

type Rule = (subject: JournalSubject) => Promise<string | null>

/** What a journal does wrong; nothing if it is fit to be given to a store. `make` gives a place of its own each time. */
export async function journalFaults(make: () => JournalSubject | Promise<JournalSubject>): Promise<string[]> {
  const faults: string[] = []
  for (const [name, rule] of Object.entries(rules)) {
    try {
      const fault = await rule(await make())
      if (fault !== null) faults.push(`${name}: ${fault}`)
    } catch (error) {
      faults.push(`${name}: ${String(error)}`)
    }
  }
  return faults
}

const odd = ['', ' ', 'é', '𝒳', '"', '\\', '\u0000', '\u2028', '{"a":[1]}', 'x'.repeat(300_000)]

const rules: Record<string, Rule> = {
  'an empty place is in doubt, holds nothing, and is not damaged': async ({ open }) => {
    const journal = await open()
    const { doubt, damaged } = journal
    const held = all(journal)
    await close(journal)
    return doubt === null || damaged || held.size > 0 ? `doubt ${doubt}, damaged ${damaged}, ${held.size} entries` : null
  },
  'what was written is there after a close, the last of each key': async (subject) => {
    const journal = await opened(subject)
    await write(journal, [['a', '1'], ['b', '1'], ['a', '2'], ['c', '1'], ['b', null]])
    await write(journal, [['d', '1'], ['c', null], ['c', '3'], ['never', null]])
    return differs(await reopened(subject, journal), new Map([['a', '2'], ['d', '1'], ['c', '3']]))
  },
  'a closed journal leaves no doubt': async (subject) => {
    const journal = await opened(subject)
    await write(journal, [['a', '1']])
    await close(journal)
    const again = await opened(subject)
    await close(again)
    return again.doubt !== null || again.damaged ? `it says: ${again.doubt}` : null
  },
  'keys and values of any characters, and of some size, come back': async (subject) => {
    const journal = await opened(subject)
    const entries = odd.map((text, i): [string, string] => [`${i} ${text.slice(0, 1_000)}`, text])
    await write(journal, entries)
    return differs(await reopened(subject, journal), new Map(entries))
  },
  'it calls back later, once, also for nothing': async (subject) => {
    const journal = await opened(subject)
    let calls = 0
    let here = true
    const early = await new Promise<boolean>((resolve) => {
      journal.write([], () => {
        calls += 1
        resolve(here)
      })
      here = false
    })
    await write(journal, [['a', '1']])
    await close(journal)
    return early || calls !== 1 ? `${calls} calls, ${early ? 'at once' : 'later'}` : null
  },
  'writes are done in order': async (subject) => {
    const journal = await opened(subject)
    const done: number[] = []
    const writes = [1, 2, 3].map((i) => write(journal, [['a', String(i)]]).then(() => done.push(i)))
    await Promise.all(writes)
    const held = await reopened(subject, journal)
    return done.join() !== '1,2,3' ? `in the order ${done.join()}` : differs(held, new Map([['a', '3']]))
  },
  'a rewrite leaves what the source tells, and nothing else': async (subject) => {
    const journal = await opened(subject)
    await write(journal, [['a', '1'], ['b', '1']])
    const told = new Map([['b', '2'], ['c', '2']])
    journal.source = { size: 2, entries: () => told.entries() }
    await done((cb) => journal.rewrite(cb))
    await write(journal, [['d', '3']])
    return differs(await reopened(subject, journal), new Map([...told, ['d', '3']]))
  },
  'a closed journal takes nothing, and may be closed again': async (subject) => {
    const journal = await opened(subject)
    await close(journal)
    await close(journal)
    const error = await write(journal, [['a', '1']]).then(() => null, (failed: unknown) => failed)
    return isGossipError(error) && error.code === 'ERR_CLOSED' ? null : `it says ${String(error)}`
  },
  'any history of batches comes to what it should, through starts, and while it is written anew': async (subject) => {
    let model = new Map<string, string>()
    let journal = await opened(subject)
    journal.source = { get size() { return model.size }, entries: () => model.entries() }
    for (let i = 0, chance = 7; i < 400; i += 1) {
      const batch = Array.from({ length: 1 + (i % 5) }, (): Entry => {
        chance = (chance * 1_103_515_245 + 12_345) % 0x80000000
        return [`key ${chance % 13}`, chance % 3 === 0 ? null : `${i} ${'v'.repeat(chance % 200)}`]
      })
      for (const [key, value] of batch) if (value === null) model.delete(key)
        else model.set(key, value)
      await write(journal, batch)
      if (i % 50 === 49) await done((cb) => journal.rewrite(cb))
      if (i % 80 !== 79) continue
      await close(journal)
      journal = await subject.open()
      const held = all(journal)
      const fault = differs(held, model)
      if (fault !== null) return `after ${i} batches ${fault}`
      model = held
      journal.source = { get size() { return model.size }, entries: () => model.entries() }
    }
    return differs(await reopened(subject, journal), model)
  }
}

/** Opens it, and lets it tell what it holds. */
async function opened({ open }: JournalSubject): Promise<Journal> {
  const journal = await open()
  all(journal)
  return journal
}

async function reopened(subject: JournalSubject, journal: Journal): Promise<Map<string, string>> {
  await close(journal)
  const again = await subject.open()
  const held = all(again)
  await close(again)
  return held
}

/** All that a journal holds. */
export function all(journal: Journal): Map<string, string> {
  const held = new Map<string, string>()
  journal.load((key, value) => {
    if (value === null) held.delete(key)
    else held.set(key, value)
  })
  return held
}

export function write(journal: Journal, entries: readonly Entry[]): Promise<void> {
  return done((cb) => journal.write(entries, cb))
}

export function close(journal: Journal): Promise<void> {
  return done((cb) => journal.close(cb))
}

function done(run: (cb: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => run((error) => (error === null ? resolve() : reject(error))))
}

function differs(held: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): string | null {
  for (const [key, value] of wanted) {
    if (held.get(key) !== value) return `${short(key)} holds ${short(held.get(key))}, not ${short(value)}`
  }
  for (const key of held.keys()) if (!wanted.has(key)) return `it holds ${short(key)}`
  return null
}

function short(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text.slice(0, 40))
}
