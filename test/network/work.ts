/**
 * What each host writes: a plan known beforehand, so that whatever happens on the way the end can be told from it alone.
 *
 * Three kinds of changes take turns. Some elements of the sets are one host's own, which puts them in and takes them out in turn; the
 * others every host puts in and takes out as it likes.
 */
import { type Json, type Store } from '../../index.js'
import { type Holding } from './orders.js'

export type Change =
  | { kind: 'counter'; name: string; by: number }
  | { kind: 'register'; name: string; value: string }
  | { kind: 'set'; name: string; element: string; isIn: boolean }

export const changesPerKind = 2_000
export const changesMax = 3 * changesPerKind
const counters = 200
const registers = 100
const sets = ['rooms', 'seats', 'doors']
const ownElements = 40
const sharedElements = 20
const shared = 'all/'

/** The changes that a host is to make, in order. */
export function planOf(host: string, plan: number): Change[] {
  const random = randomOf(plan + 1)
  const draw = (below: number): number => Math.floor(random() * below)
  const isIn = new Map<string, boolean>()
  const changes: Change[] = []
  for (let i = 0; i < changesPerKind; i += 1) {
    const name = sets[draw(sets.length)] ?? ''
    const isShared = random() < 0.4
    const element = isShared ? `${shared}${draw(sharedElements)}` : `${host}/${draw(ownElements)}`
    const last = isIn.get(`${name} ${element}`) ?? false
    const next = isShared ? random() < 0.5 : !last
    isIn.set(`${name} ${element}`, next)
    changes.push({ kind: 'counter', name: `calls ${draw(counters)}`, by: 1 + draw(9) })
    changes.push({ kind: 'register', name: `flag ${draw(registers)}`, value: `${host} ${i}` })
    changes.push({ kind: 'set', name, element, isIn: next })
  }
  return changes
}

export function make(change: Change, store: Store): void {
  switch (change.kind) {
    case 'counter': {
      store.counter(change.name).increment(change.by)
      return
    }
    case 'register': {
      store.register(change.name).write(change.value)
      return
    }
    case 'set': {
      const set = store.set(change.name)
      if (change.isIn) set.add(change.element)
      else set.delete(change.element)
    }
  }
}

/** All that a store holds. */
export function holdingOf(store: Store): Holding {
  const names = (kind: string): string[] => store.names().filter((one) => one.kind === kind).map(({ name }) => name)
  return {
    counters: names('counter').map((name) => [name, store.counter(name).value]),
    registers: names('register').map((name) => [name, store.register(name).value]),
    sets: names('set').map((name) => [name, store.set(name).values().sort()])
  }
}

/** What every host must hold in the end, as far as the plans alone say; what is wrong is told by name. */
export class Expected {
  private readonly sums = new Map<string, number>()
  /** Of each register, the values that can be the latest: the last that each host wrote. */
  private readonly last = new Map<string, Set<Json | undefined>>()
  /** The elements of their own that hosts leave in. */
  private readonly own = new Set<string>()

  constructor(plans: readonly (readonly Change[])[]) {
    for (const plan of plans) {
      const values = new Map<string, string>()
      for (const change of plan) this.take(change, values)
      for (const [name, value] of values) this.last.set(name, new Set([...(this.last.get(name) ?? []), value]))
    }
  }

  wrongCounters({ counters }: Holding): string[] {
    return apart(counters.map(lineOf), [...this.sums].map(lineOf))
  }

  wrongRegisters({ registers }: Holding): string[] {
    const held = new Map(registers)
    const wrong = [...this.last].filter(([name, values]) => !values.has(held.get(name))).map(([name]) => lineOf([name, held.get(name)]))
    return [...wrong, ...registers.filter(([name]) => !this.last.has(name)).map(lineOf)]
  }

  wrongElements({ sets }: Holding): string[] {
    return apart(elementsOf(sets).filter(isOwn), [...this.own])
  }

  private take(change: Change, values: Map<string, string>): void {
    const element = change.kind === 'set' ? elementOf(change.name, change.element) : ''
    if (change.kind === 'counter') this.sums.set(change.name, (this.sums.get(change.name) ?? 0) + change.by)
    else if (change.kind === 'register') values.set(change.name, change.value)
    else if (!change.isIn) this.own.delete(element)
    else if (isOwn(element)) this.own.add(element)
  }
}

/** What two hosts hold differently. */
export function differences(one: Holding, other: Holding | undefined): string[] {
  const lines = (holding: Holding | undefined): string[] => {
    const { counters = [], registers = [], sets = [] } = holding ?? {}
    return [...counters.map(lineOf), ...registers.map(lineOf), ...elementsOf(sets)]
  }
  return apart(lines(one), lines(other))
}

/** What is not in both. */
function apart(held: readonly string[], expected: readonly string[]): string[] {
  const [here, there] = [new Set(held), new Set(expected)]
  return [
    ...expected.filter((line) => !here.has(line)).map((line) => `lacks ${line}`),
    ...held.filter((line) => !there.has(line)).map((line) => `has ${line}`)
  ]
}

function lineOf([name, value]: [string, Json | undefined]): string {
  return `${name} = ${JSON.stringify(value)}`
}

function elementsOf(sets: Holding['sets']): string[] {
  return sets.flatMap(([name, elements]) => elements.map((element) => elementOf(name, element)))
}

function elementOf(name: string, element: string): string {
  return `${element} in ${name}`
}

/** Whether only one host puts it in and takes it out. */
function isOwn(element: string): boolean {
  return !element.startsWith(shared)
}

/** Chance that is alike in the host and in the test: mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
