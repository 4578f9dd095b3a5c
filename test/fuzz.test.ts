/**
 * Frames gone wrong against everything that takes frames: the codec, the door for foreign data, and live sessions of all kinds.
 *
 * 20,000 frames, or as many as FUZZ says; SEED=… replays them. What is asserted is that nothing but coded errors comes of them, that stores
 * stay whole, that their neighbours hear nothing improper, and that an honest session afterwards brings two hosts in step.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import test from 'tape'
import pull from 'pull-stream'
import { isGossipError } from '../lib/errors.js'
import { Session } from '../lib/gossip/session.js'
import { limits, type Limits } from '../lib/limits.js'
import type { Author } from '../lib/log/author.js'
import type { Change } from '../lib/log/change.js'
import type { Abort, SourceCallback } from '../lib/pull.js'
import { doubleline } from '../lib/wire/codec.js'
import { parse } from '../lib/wire/parse.js'
import { heapAfterGc } from './gc.js'
import { epoch, placeOf, Replica, type Fact } from './model.js'
import { Dice, madeUp, mutated, pieces, type Universe } from './mutate.js'
import { argsOf } from './program.js'

type Fields = Record<string, unknown>

const framesMax = Number(process.env.FUZZ ?? 20_000)
const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff)
const plain = { id: null, host: null, expected: false, send: true, receive: true, delayMs: 0 }
const utf8 = new TextEncoder()

/** One time for all. */
const clock = { now: epoch }
const now = (): number => clock.now

/** Moves all that two sessions have to say now; tells every frame, and says whether there was any. */
function exchange(left: Session, right: Session, tell?: (from: Session, text: string) => void): boolean {
  let any = false
  for (let said = true; said; any ||= said) {
    said = false
    for (const [from, to] of [[left, right], [right, left]] as const) {
      const frame = from.pull(clock.now)
      if (frame === null || frame === 'ended') continue
      const text = JSON.stringify(frame)
      tell?.(from, text)
      to.receive(JSON.parse(text), clock.now)
      said = true
    }
  }
  return any
}

/** Lets two sessions talk until neither has had anything to say for a second. */
function talk(left: Session, right: Session, tell?: (from: Session, text: string) => void): void {
  for (let quietMs = 0; quietMs < 1_000; quietMs += 50) {
    if (exchange(left, right, tell)) quietMs = 0
    clock.now += 50
  }
}

/** Writes a little of every kind. */
function write(replica: Replica, element: string): void {
  replica.count(replica.counter, 'x', 3, 0)
  replica.count(replica.counter, replica.host, 1, 2)
  replica.count(replica.big, 'x', 10n ** 30n, 1n, clock.now + 4_000_000)
  replica.assign('x', { [element]: [1, null, 'é'] })
  replica.add('s', 'e')
  replica.add('s', element)
  replica.add('s', 'f', true, clock.now + 3_000_000)
  replica.delete('s', 'f')
  replica.count(replica.counter, 'x', 0, 1)
}

/** What hosts say in sessions of every course, some of them to a host `v` that was away or starts again. */
function recordings(): string[][] {
  const taken: string[][] = []
  const [α, γ, v] = ['α', 'γ', 'v'].map((host) => new Replica(host, now)) as [Replica, Replica, Replica]
  const record = (from: Replica, to: Replica, during: () => void): void => {
    const [left, right] = [from, to].map(({ gossip }) => new Session(gossip, plain, clock.now)) as [Session, Session]
    const texts: string[] = []
    const tell = (speaker: Session, text: string): void => { if (speaker === left) texts.push(text) }
    talk(left, right, tell)
    during()
    talk(left, right, tell)
    left.close('close', true)
    talk(left, right, tell)
    taken.push(texts)
  }
  write(v, 'v')
  write(α, 'g')
  record(α, v, () => {
    α.delete('s', 'e')
    v.assign('x', 7)
    clock.now += 6_000
  })
  record(γ, α, () => { write(γ, 'g') })
  record(α, γ, () => {
    γ.clear('s')
    γ.gossip.write(γ.gossip.kind('mood'), 'later', 'p', 0, '{"any":[1]}')
  })
  record(α, new Replica('v', now), () => { α.clear('s') })
  record(γ, new Replica('v', now, { cellsMax: 3, rangesMax: 1 }), () => { write(γ, 'h') })
  const full = new Replica('full', now, { cellsMax: 2 })
  record(full, α, () => {
    full.gossip.limits.cellsMax = 9
    full.gossip.retry()
    clock.now += 6_000
  })
  return taken
}

function lines(file: string): Fields[] {
  const text = readFileSync(new URL(`./golden/${file}`, import.meta.url), 'utf8')
  return text.trimEnd().split('\n').map((line) => JSON.parse(line) as Fields)
}

const v1 = lines('v1.ndjson')
const golden = [...v1.map(({ frame }) => String(frame)), ...['session-1.ndjson', 'session-2.ndjson'].flatMap(lines).map(({ text }) => String(text))]
const greeting = ['hello', 'change that introduces its author'].map((wanted) => String(v1.find(({ name }) => name === wanted)?.frame))
const played = recordings()
const corpus = [...golden, ...played.flat()]
const begun = clock.now
const universe: Universe = {
  authors: ['α~1', 'γ~1', 'v~1', 'b~1', 'v~0', '__proto__~1'], kinds: ['counter', 'counter:bigint', 'register', 'set', 'set', 'mood'],
  names: ['x', 's', 'v', 'calls', '__proto__'], elements: ['e', 'f', 'v', ''], nowMs: epoch
}
const bounds: readonly Partial<Limits>[] = [
  {}, {}, {}, { rangesMax: 1 }, { rangesMax: 3, refusalsMax: 2 }, { cellsMax: 12, refusalsMax: 3 }, { authorsMax: 3, nameBytesMax: 4, partBytesMax: 2 },
  { unknownBytesMax: 500, elementsMax: 3, bodyBytesMax: 64, depthMax: 2 }, { messagesMax: 2, asksMax: 1, batchBytes: 60, batchMessages: 1 },
  { graceMs: 1_000, skewMsMax: 1_000 }
]

/** What came of all that was tried, by what it was. */
class Tally {
  private readonly counts = new Map<string, number>()

  count(what: string, n = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + n)
  }

  toString(): string {
    return [...this.counts].sort().map(([what, n]) => `${n} ${what}`).join(', ')
  }
}

function codeOf(error: unknown): string {
  if (!isGossipError(error)) throw error
  return error.code
}

/** The frames in some bytes, and the code of the error after them, if any. More than that, or asking on and on, is a fault. */
function decoded(bytes: Uint8Array, dice: Dice, frameBytesMax: number): { frames: unknown[]; code: string | null } {
  const cut = pieces(bytes, dice)
  const frames: unknown[] = []
  const ends: Abort[] = []
  let asked = 0
  const source = pull.values(cut)
  pull((abort: Abort, cb: SourceCallback<Uint8Array>) => {
    asked += 1
    source(abort, cb)
  }, doubleline.parse({ frameBytesMax }), pull.drain((frame: unknown) => { frames.push(frame) }, (end) => { ends.push(end ?? true) }))
  const [end] = ends
  if (ends.length !== 1 || asked > cut.length + 1 || frames.length > bytes.length) throw new Error(`${ends.length} ends, ${asked} questions for ${cut.length} pieces`)
  return { frames, code: end === true ? null : codeOf(end) }
}

/** The code with which a frame is refused at the door, null if it is let in; anything but messages or a coded error is a fault. */
function refused(frame: unknown, bounds: Limits): string | null {
  try {
    const messages = parse(frame, bounds)
    const size = Array.isArray(frame) ? frame.length : 1
    if (messages.length !== size || messages.some((message) => typeof message.type !== 'string')) throw new Error('messages were lost')
    return null
  } catch (error) {
    return codeOf(error)
  }
}

/** What does not hold of a store, whatever was said to it. */
function inconsistencies({ gossip }: Replica): string[] {
  const { log } = gossip
  const faults: string[] = []
  const cells = new Set(log.cells())
  const arrivals: Change[] = []
  log.arrivals.after(0, (change) => arrivals.push(change) > 0)
  if (cells.size !== log.size || cells.size !== arrivals.length || !arrivals.every((change) => cells.has(change))) faults.push('arrivals and cells differ')
  if (arrivals.some((change, i) => change.arrival <= (arrivals[i - 1]?.arrival ?? 0) || change.arrival > log.end)) faults.push('arrivals are out of order')
  let serial = 0
  for (const author of log.everyAuthor()) {
    if (log.author(author.id) !== author) faults.push(`${author.id} is not found`)
    faults.push(...ofAuthor(author, cells, gossip.limits.rangesMax))
    serial += author.series.size
  }
  if (serial !== cells.size) faults.push(`${serial} changes stand in the series of authors, ${cells.size} in cells`)
  for (const cell of cells) {
    const { author, part, name } = cell
    if (!cell.live || name.find(author, part) !== cell || log.find(name.kind, name.text) !== name) faults.push(`${name.text} ${part} is not found`)
  }
  for (const name of new Set([...cells].map((cell) => cell.name))) if (name.size !== [...name.cells()].length) faults.push(`${name.text} counts wrongly`)
  return faults
}

/** What does not hold of an author: its series, and what is held of it. */
function ofAuthor({ id, series, held, highest }: Author, cells: ReadonlySet<Change>, rangesMax: number): string[] {
  const faults: string[] = []
  let [size, seq] = [0, 0]
  series.after(0, (change) => {
    if (!cells.has(change) || change.author.id !== id || change.seq < seq) faults.push(`the series of ${id} is out of order at ${change.seq}`)
    seq = change.seq
    size += 1
    return true
  })
  if (size !== series.size || highest !== seq) faults.push(`${size} changes up to ${seq} of ${id}, which says ${series.size} up to ${highest}`)
  const ranges = held.ranges()
  let top = held.have
  for (const [from, to] of ranges) {
    if (from <= top + 1 || to < from) faults.push(`ranges of ${id} above ${held.have}: ${ranges.join(' ')}`)
    top = to
  }
  if (ranges.length > rangesMax || top > held.seen || highest > held.seen) faults.push(`${id} is held beyond its bounds`)
  return faults
}

/** A frame gone wrong, or one made up, as bytes. */
function wreck(text: string, dice: Dice): Uint8Array {
  if (dice.odds(0.5)) return mutated(text, dice, dice.pick(corpus))
  const frame = JSON.stringify(madeUp(dice, { ...universe, nowMs: clock.now }))
  return dice.odds(0.2) ? mutated(frame, dice, text) : utf8.encode(`${frame}\n\n`)
}

/** A host with changes of its own, an honest neighbour, and sessions in which it is told what went wrong. */
class Victim {
  readonly replica: Replica
  wrong = 0
  /** Whether so much time passes meanwhile that names come to their ends, which anybody may have said. */
  private readonly mortal: boolean
  /** Names of which an end was said, whose time it may be at once. */
  private readonly ending = new Set<string>()
  private readonly neighbours: [Session, Session]

  constructor(private readonly dice: Dice, private readonly tally: Tally, chosen = dice.pick(bounds)) {
    clock.now = begun
    this.mortal = chosen.graceMs !== undefined || dice.odds(0.2)
    this.replica = new Replica('v', now, chosen)
    write(this.replica, 'v')
    this.replica.assign('x', 7)
    // The neighbour's frames are small, that any victim takes them.
    const neighbour = new Replica('neighbour', now, { batchMessages: 1 })
    write(neighbour, 'n')
    this.neighbours = [this.replica, neighbour].map(({ gossip }) => new Session(gossip, plain, clock.now)) as [Session, Session]
  }

  /** One session, that is told a recording with parts of it gone wrong. */
  attack(): void {
    const { dice } = this
    const options = dice.odds(0.9) ? plain : { ...plain, send: dice.odds(0.5), receive: dice.odds(0.5) }
    const session = new Session(this.replica.gossip, options, clock.now)
    const texts = dice.odds(0.2) ? [...greeting, ...Array.from({ length: 8 }, () => dice.pick(golden))] : dice.pick(played)
    this.hear(session)
    texts.forEach((text, i) => {
      for (let left = dice.odds(i === 0 ? 0.05 : 0.6) ? 1 + dice.below(4) : 0; left > 0 && session.state === 'open'; left -= 1) {
        this.wrong += 1
        this.say(session, wreck(text, this.dice))
      }
      if (session.state === 'open') this.say(session, utf8.encode(`${text}\n\n`))
      if (dice.odds(0.1)) this.wait(session)
    })
    this.tally.count('sessions')
    session.end(null)
  }

  /** What does not hold any more. */
  faults(): string[] {
    const ended = this.neighbours.some(({ state }) => state !== 'open')
    return [...inconsistencies(this.replica), ...(ended ? ['the session with an honest neighbour ended'] : [])]
  }

  /** Where the host wrote, and neither it nor time nor a set took that back: what is there that it did not write last. */
  estranged(): string[] {
    const { gossip, facts } = this.replica
    const last = new Map(facts.map((fact) => [placeOf(fact), fact]))
    const live = new Map(this.replica.live().map((cell) => [placeOf(cell), cell]))
    this.look()
    const places = [...last].filter(([, { kind, name }]) => kind !== 'set' && !this.ending.has(`${kind} ${name}`)).map(([place]) => place)
    const faults = places.filter((place) => live.get(place)?.seq !== last.get(place)?.seq || text(live.get(place)) !== text(last.get(place)))
    return faults.map((place) => `${gossip.own.id} wrote ${JSON.stringify(last.get(place))}, and holds ${JSON.stringify(live.get(place))}`)
  }

  /** Parts with the neighbour. */
  close(): void {
    for (const session of this.neighbours) session.end(null)
  }

  private say(session: Session, bytes: Uint8Array): void {
    const { dice, tally, replica } = this
    const { frames, code } = decoded(bytes, dice, dice.pick([1 << 20, 2_000]))
    for (const frame of frames) {
      this.recount(session, frame)
      const why = refused(frame, replica.gossip.limits)
      tally.count(why ?? 'frames let in')
      // What ends a session tells little; a few are enough.
      if (why !== null && dice.odds(0.7)) continue
      const before = this.accounts(session)
      session.receive(frame, clock.now)
      const after = this.accounts(session)
      if (session.state === 'open' && session.options.receive && after.came - before.came !== after.told - before.told) {
        throw new Error(`of ${after.came - before.came} changes ${after.told - before.told} are accounted for`)
      }
      this.hear(session)
    }
    if (code === null) return
    tally.count(code)
    if (dice.odds(0.2)) session.end(new Error(code))
  }

  /** Else nearly every session would end at the first count of what a frame gone wrong no longer has. */
  private recount(session: Session, frame: unknown): void {
    let changes = session.counts.changesIn
    for (const message of Array.isArray(frame) ? (frame as unknown[]) : [frame]) {
      if (typeof message !== 'object' || message === null) continue
      if ('u' in message && this.dice.odds(0.95)) message.u = changes
      if ('q' in message && Array.isArray(message.q)) changes += message.q.length
    }
  }

  /** How many changes came in, and how many were kept, held already, or refused: none is lost, none is counted twice. */
  private accounts({ counts, refusals }: Session): { came: number; told: number } {
    let told = this.replica.gossip.log.end + counts.duplicates
    for (const count of refusals.counts.values()) told += count
    return { came: counts.changesIn, told }
  }

  /** Whatever it was told, what it says is sound, to others as well. */
  private hear(session: Session): void {
    for (let left = 1_000; ; left -= 1) {
      const frame = session.pull(clock.now)
      if (frame === null || frame === 'ended') break
      if (left === 0) throw new Error('it never ends to speak')
      parse(JSON.parse(JSON.stringify(frame)), limits)
      this.tally.count('frames answered')
    }
    exchange(...this.neighbours)
  }

  private look(): void {
    for (const { name } of this.replica.gossip.log.cells()) if (name.term !== null) this.ending.add(`${name.kind} ${name.text}`)
  }

  private wait(session: Session): void {
    this.look()
    clock.now += this.dice.pick([1, 100, 6_000, this.mortal ? 1_500_000 : 0])
    session.tick(clock.now)
    this.replica.gossip.expiry.sweep()
    this.hear(session)
  }
}

function text(fact: Fact | undefined): string | undefined {
  return fact === undefined ? undefined : JSON.stringify(fact.body)
}

/** Names in which an author says one seq twice: who holds one of two such changes, and says so, may not be sent the other. */
function doubtful(replica: Replica): Set<string> {
  const seqs = new Map<string, string>()
  const names = new Set<string>()
  for (const { author, seq, kind, name } of replica.live()) {
    const other = seqs.get(`${author} ${seq}`)
    if (other !== undefined) names.add(other).add(`${kind} ${name}`)
    seqs.set(`${author} ${seq}`, `${kind} ${name}`)
  }
  return names
}

function cellsBut(doubted: ReadonlySet<string>, replica: Replica): Map<string, string> {
  return new Map(replica.live().filter(({ kind, name }) => !doubted.has(`${kind} ${name}`)).map((cell) => [placeOf(cell), JSON.stringify(cell)]))
}

/** What an honest host, once it was joined with another, holds otherwise than that one. */
function differences(other: Replica, tally: Tally): string[] {
  const { gossip } = other
  // A host that takes only small frames cannot be told much.
  gossip.limits.messagesMax = limits.messagesMax
  const honest = new Replica('honest', now, { graceMs: gossip.limits.graceMs, skewMsMax: gossip.limits.skewMsMax })
  write(honest, 'h')
  const sessions = [honest, other].map((one) => new Session(one.gossip, plain, clock.now)) as [Session, Session]
  talk(...sessions)
  for (const one of [honest, other]) one.gossip.expiry.sweep()
  if (sessions.some(({ state }) => state !== 'open')) return ['a session with an honest host ended']
  const doubted = doubtful(other)
  const [here, there] = [honest, other].map((one) => cellsBut(doubted, one)) as [Map<string, string>, Map<string, string>]
  tally.count('cells compared', here.size)
  tally.count('cells of doubtful names', gossip.log.size - there.size)
  const places = sessions[1].refusals.counts.size > 0 ? there.keys() : new Set([...here.keys(), ...there.keys()])
  const faults = [...places].filter((place) => here.get(place) !== there.get(place)).map((place) => `${here.get(place)} is not ${there.get(place)}`)
  for (const session of sessions) session.end(null)
  return [...faults, ...inconsistencies(honest), ...inconsistencies(other)]
}

/** Tells so many frames gone wrong, to one victim after the other. */
function fuzz(frames: number, dice: Dice, tally: Tally): { wrong: number; estranged: string[] } {
  const estranged: string[] = []
  let wrong = 0
  while (wrong < frames) {
    const victim = new Victim(dice, tally)
    while (victim.wrong < 60) {
      victim.attack()
      const faults = victim.faults()
      if (faults.length > 0) throw new Error(faults.join('; '))
    }
    wrong += victim.wrong
    victim.close()
    estranged.push(...victim.estranged())
    const faults = differences(victim.replica, tally)
    if (faults.length > 0) throw new Error(`after ${wrong} frames: ${faults.join('; ')}`)
  }
  return { wrong, estranged }
}

/** A host that refuses what it is told, for want of room, and what it is told. */
class Refuser {
  session: Session
  private readonly gossip = new Replica('v', now, { cellsMax: 1, refusalsMax: 16, authorsMax: 64 }).gossip
  private said = 0

  constructor(private readonly dice: Dice) {
    this.gossip.limits.cellsMax = 0
    this.session = this.begin()
  }

  /** A frame gone wrong, in a session that is made anew where it must be. */
  frame(): void {
    const { frames, code } = decoded(wreck(this.dice.pick(corpus), this.dice), this.dice, 1 << 20)
    for (const frame of frames) this.take(frame)
    if (code !== null) this.session.end(new Error(code))
    if (this.session.state !== 'open' || this.dice.odds(0.01)) this.session = this.begin()
  }

  /** A change in the name of somebody new. */
  stranger(): void {
    this.said += 1
    this.take({ s: [this.said, `crowd${this.said}~1`], k: 'counter', q: [1], n: ['x'], c: [[1, 0]] })
  }

  private begin(): Session {
    this.session?.end(null)
    const session = new Session(this.gossip, plain, clock.now)
    this.session = session
    for (const frame of [{ v: 1, h: 'a', i: '1', x: 'x' }, { a: {}, u: 0 }]) this.take(frame)
    return session
  }

  private take(frame: unknown): void {
    this.session.receive(frame, clock.now)
    for (let left = 100, frame = this.session.pull(clock.now); frame !== null && frame !== 'ended' && left > 0; left -= 1) frame = this.session.pull(clock.now)
    if (this.gossip.log.size > 20) throw new Error(`${this.gossip.log.size} changes were kept`)
  }
}

/** By how many bytes the heap grows while so many frames are refused: in sessions that end, and in one that goes on. */
function measure(frames: number): Record<string, number> {
  const growth = (tell: () => void): number => {
    for (let i = 0; i < frames / 2; i += 1) tell()
    const before = heapAfterGc()
    for (let i = 0; i < frames; i += 1) tell()
    return heapAfterGc() - before
  }
  const [refuser, crowded] = [new Refuser(new Dice(seed)), new Refuser(new Dice(seed))]
  const ended = growth(() => refuser.frame())
  const open = growth(() => crowded.stranger())
  if (crowded.session.state !== 'open') throw new Error('the session ended')
  return { ended, open }
}

/** The same, in a process of its own. */
async function measured(frames: number): Promise<Record<string, number>> {
  const args = ['--expose-gc', ...argsOf('test/fuzz.test.ts'), 'heap', String(frames)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, SEED: String(seed) }, timeout: 200_000 })
  return JSON.parse(stdout) as Record<string, number>
}

/** How often anything is looked up in a Map meanwhile: a measure of work that is the same on every machine. */
function lookups(run: () => void): number {
  const { get } = Map.prototype
  let count = 0
  Map.prototype.get = function (this: Map<unknown, unknown>, key: unknown) {
    count += 1
    return get.call(this, key) as unknown
  }
  try {
    run()
  } finally {
    Map.prototype.get = get
  }
  return count
}

/** A session of a host that holds nothing, after the hellos. */
function begin(): Session {
  const session = new Session(new Replica('v', now).gossip, plain, clock.now)
  for (const frame of [{ v: 1, h: 'a', i: '1', x: 'x' }, { a: {}, u: 0 }]) session.receive(frame, clock.now)
  return session
}

/** The work of a frame of 400 messages in the name of people unknown, where the peer stated something of so many others. */
function workAmong(strangers: number): number {
  const session = begin()
  session.receive({ a: Object.fromEntries(Array.from({ length: strangers }, (_, i) => [`z${i}~1`, 1])), u: 0 }, clock.now)
  const frame = Array.from({ length: 200 }, (_, i) => [{ s: [i, `a${i}~1`], k: 'counter', q: [1], n: ['x'], c: ['none'] }, { a: {}, u: i + 1 }]).flat()
  return lookups(() => session.receive(frame, clock.now))
}

/** The work of a frame of so many changes of one set, each by somebody else. */
function workOf(count: number, part: string, bodyOf: (i: number) => unknown): number {
  const session = begin()
  const frame = Array.from({ length: count }, (_, i) => ({ s: [i, `a${i}~1`], k: 'set', q: [1], n: ['s'], p: [part], c: [bodyOf(i)] }))
  const work = lookups(() => session.receive(frame, clock.now))
  if (session.state !== 'open' || session.gossip.log.size !== count) throw new Error('not all were taken')
  return work
}

function tests(): void {
  let estranged: string[] = []
  console.log(`# fuzz.test.ts: SEED=${seed} FUZZ=${framesMax}`)

  test('frames gone wrong end with a code or are taken, stores stay whole, and honest hosts come in step with them', (t) => {
    const tally = new Tally()
    const told = fuzz(framesMax, new Dice(seed), tally)
    estranged = told.estranged
    t.ok(told.wrong >= framesMax, `${told.wrong} frames: ${tally}`)
    t.end()
  })

  test('what this host wrote is as it wrote it, whatever is said in its name', (t) => {
    t.deepEqual(estranged.slice(0, 3), [])
    const session = begin()
    const { gossip } = session
    for (const name of ['x', 'y']) gossip.write(gossip.kind('counter'), name, '', null, 1)
    session.receive({ s: [1, gossip.own.id], k: 'counter', q: [2], n: ['x'], c: [[1_000, 0]] }, clock.now)
    t.equal(gossip.log.find('counter', 'x')?.find(gossip.own, '')?.body, 1, 'even under a seq that was given to something else')
    t.end()
  })

  test('what a change of a set costs grows with what stands beside it, and with nothing squared', (t) => {
    const shapes: [what: string, part: string, bodyOf: (i: number) => unknown][] = [
      ['adds of one element', '=e', () => [1, {}]],
      ['cells that removed something', '=e', (i) => [1, { [`b${i}~1`]: 1 }]],
      ['clears', '', (i) => [0, { [`b${i}~1`]: 1 }, {}]]
    ]
    for (const [what, part, bodyOf] of shapes) {
      const [some, twice] = [200, 400].map((count) => workOf(count, part, bodyOf)) as [number, number]
      t.ok(twice <= 5 * some, `${what}: 200 take ${some} looks, 400 take ${twice}`)
    }
    t.end()
  })

  test('what a peer stated of strangers is not looked through again for every message', (t) => {
    const [some, twice] = [1_000, 2_000].map(workAmong) as [number, number]
    t.ok(twice < 1.5 * some, `with 1,000 strangers 400 messages take ${some} looks, with 2,000 ${twice}`)
    t.end()
  })

  let heap: Promise<Record<string, number>> | null = null

  test('of 20,000 frames that were refused nothing stays in memory', async (t) => {
    const { ended = Infinity } = await (heap ??= measured(20_000))
    t.ok(ended < 1_000_000, `${ended} bytes once their sessions ended`)
  })

  test('of 20,000 strangers who told only what was refused nothing stays in memory', async (t) => {
    const { open: bytes = Infinity } = await (heap ??= measured(20_000))
    t.ok(bytes < 1_000_000, `${bytes} bytes, the session going on`)
  })
}

if (process.argv[2] === 'heap') console.log(JSON.stringify(measure(Number(process.argv[3]))))
else tests()
