/**
 * Foes that forge: in others' names, or in their own what can only harm.
 */
import { gossipOf } from '../checks/check.js'
import type { Line } from './line.js'
import type { Mischief, Scene } from './scene.js'

const far = Number.MAX_SAFE_INTEGER

/** Forges changes of others: in their cells and in new ones, below what they gave, at it and above. */
export function forger(scene: Scene): Mischief {
  const { chance, deeds } = scene
  return {
    act: (line) => {
      const others = [...deeds.authors].filter(([author]) => !author.startsWith(`${line.host.name}~`))
      if (others.length === 0) return
      const [author, top] = chance.pick(others)
      const { kind, name, part } = scene.anyName()
      const seq = Math.min(far, Math.max(1, top + chance.pick([-5, 0, 1, 2, 1_000, far])))
      line.say(scene.changes(author, kind, [{ seq, name, part, body: scene.bodyOf(kind, part, seq) }]))
      if (chance.odds(0.3)) line.say({ a: { [author]: seq }, u: line.said, y: 'these' })
    }
  }
}

/** Gives one seq to several changes: of its own tells each host another body at once, and of what it hears says another to others before it comes. */
export function doubler(scene: Scene): Mischief {
  const { chance } = scene
  const lines = new Set<Line>()
  const tell = (author: string, { kind, name, part, seq }: { kind: string; name: string; part: string; seq: number }, to: readonly Line[]): void => {
    for (const line of to) if (line.up) line.say(scene.changes(author, kind, [{ seq, name, part, body: scene.bodyOf(kind, part, seq) }]))
  }
  return {
    open: (line) => {
      lines.add(line)
      scene.hello(line)
    },
    hear: (line, message) => {
      const heard = line.hearing.changes(message).at(-1)
      if (heard !== undefined && chance.odds(0.5)) tell(heard.author, heard, [...lines].filter((other) => other.host !== line.host))
    },
    act: () => tell(scene.author, { ...scene.anyName(), seq: scene.nextSeq }, [...lines])
  }
}

/** Forges the life of the very host it speaks to. */
export function impostor(scene: Scene): Mischief {
  const { chance, deeds } = scene
  return {
    act: (line) => {
      const own = [...deeds.authors].filter(([author]) => author.startsWith(`${line.host.name}~`))
      if (own.length === 0) return
      const [author, top] = chance.pick(own)
      const { kind, name, part } = scene.anyName()
      const seq = Math.min(far, Math.max(1, top + chance.pick([-3, -1, 0, 1, 50, far])))
      line.say(scene.changes(author, kind, [{ seq, name, part, body: scene.bodyOf(kind, part, seq) }]))
      if (chance.odds(0.3)) line.say({ a: { [author]: seq }, u: line.said, y: true })
    }
  }
}

/** Ends other hosts' names: in the past, now, soon, at the end of days, and as a rumour that no change bears out. */
export function reaper(scene: Scene): Mischief {
  const { chance, network } = scene
  return {
    act: (line) => {
      const now = Math.floor(network.clock.date())
      const ends = [1, now - 1_000, now, now + 500, now + 5_000, far, 0]
      const { kind, name } = scene.anyName()
      const expire = chance.odds(0.5) ? chance.pick(ends) : [chance.pick([null, ...ends]), chance.pick(ends)]
      const seq = scene.nextSeq
      const body = kind === 'counter' ? [0, 0] : kind === 'register' ? [0] : [0, {}, {}]
      line.say(scene.changes(scene.author, kind, [{ seq, name, expire, body }]))
    }
  }
}

/** Stamps registers from the future: as far ahead as is taken, a little further, and at the end of days. */
export function prophet(scene: Scene): Mischief {
  const { chance, deeds } = scene
  return {
    act: (line) => {
      const registers = deeds.cells.filter(({ kind }) => kind === 'register')
      const name = registers.length > 0 ? chance.pick(registers).name : `${scene.name}0`
      const { skewMsMax } = gossipOf(line.host.store).limits
      const stamp = chance.pick([scene.stamp(skewMsMax - 20), scene.stamp(skewMsMax + 200), scene.stamp(10 * skewMsMax), far])
      line.say(scene.changes(scene.author, 'register', [{ seq: scene.nextSeq, name, body: [stamp, 'the end is near'] }]))
    }
  }
}

/** Says of sets what is absurd: that all was removed that will ever be added, by authors who never were, in maps as large as they may be. */
export function tangler(scene: Scene): Mischief {
  const { chance, deeds } = scene
  const maps = (): Record<string, number>[] => [
    {}, Object.fromEntries([...deeds.authors.keys()].map((author) => [author, far])), { [scene.anyAuthor()]: far },
    Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`nobody${i}~1`, chance.whole(1, far)]))
  ]
  return {
    act: (line) => {
      const sets = deeds.cells.filter(({ kind }) => kind === 'set')
      const { name, part } = sets.length > 0 && chance.odds(0.9) ? chance.pick(sets) : { name: `${scene.name}0`, part: `=${chance.whole(0, 99)}` }
      const seq = scene.nextSeq
      const seen = { [scene.anyAuthor()]: Array.from({ length: chance.whole(1, 200) }, (_, i) => i + 1) }
      const body = part === '' ? [0, chance.pick(maps()), chance.pick([{}, seen])] : [chance.pick([0, seq, 1, far]), chance.pick(maps())]
      line.say(scene.changes(scene.author, 'set', [{ seq, name, part, body }]))
    }
  }
}
