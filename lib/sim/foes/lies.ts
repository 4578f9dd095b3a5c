/**
 * Foes that change nothing: they lie about what they hold, keep back, repeat, and say that they are somebody else.
 */
import type { Message } from '../../wire/message.js'
import type { Carried } from '../checks/frames.js'
import type { Line } from './line.js'
import type { Mischief, Scene } from './scene.js'

/** A vector in which all known authors are held up to where `upto` says. */
function vector({ deeds }: Scene, upto: (seq: number) => number): Record<string, number> {
  return Object.fromEntries([...deeds.authors].map(([author, seq]) => [author, upto(seq)]))
}

/** Overstates: it claims to hold, and to have served, all that there could be. */
export function liar(scene: Scene): Mischief {
  const { chance } = scene
  return {
    act: (line) => {
      const beyond = chance.pick([0, 1, 1_000, 2 ** 40])
      line.say({ a: vector(scene, (seq) => seq + beyond), u: line.said, ...chance.pick([{ y: true }, { y: 'these' }, {}]) })
    }
  }
}

/** Understates: it holds nothing, refused everything, and asks for all of it again. */
export function miser(scene: Scene): Mischief {
  const { chance } = scene
  return {
    act: (line) => {
      line.say({ a: vector(scene, () => 0), u: line.said, r: { room: chance.whole(0, 1e9), [`code${chance.whole(0, 99)}`]: 1 }, y: true })
      const n = scene.deeds.cells.slice(0, 50).map(({ kind, name }) => [kind, name])
      line.say({ w: vector(scene, () => 0), n })
    }
  }
}

/** Oscillates: what it holds is now all, now nothing, now full of holes. */
export function waverer(scene: Scene): Mischief {
  const { chance, deeds } = scene
  return {
    act: (line) => {
      const a = vector(scene, (seq) => chance.whole(0, 2 * seq))
      const d = Object.fromEntries(Object.entries(a).map(([author, have]) => [author, holes(have, chance.whole(0, 40))]))
      line.say({ a, d, u: line.said, ...chance.pick([{ y: true }, { y: 'these' }, { o: true }]) })
      if (chance.odds(0.2)) line.say({ w: Object.fromEntries([...deeds.authors].map(([author]) => [author, chance.whole(0, 9)])) })
    }
  }
}

function holes(have: number, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [have + 2 + 2 * i, have + 2 + 2 * i])
}

/** Withholds: of what one host says it passes a part to another, and claims that this was all. */
export function withholder(scene: Scene): Mischief {
  const { chance, deeds } = scene
  return {
    act: (line) => {
      for (const change of deeds.cells.slice(-20)) if (chance.odds(0.3)) line.say(said(scene, change))
      line.say({ a: vector(scene, (seq) => seq), u: line.said, y: true })
    }
  }
}

/** Replays: single old changes, and whole old sessions of one host to another. */
export function replayer(scene: Scene): Mischief {
  const { chance, deeds } = scene
  const playing = new WeakMap<Line, Message[][]>()
  return {
    open: (line) => {
      const tapes = deeds.tapes.filter(({ host, frames }) => host !== line.host.name && frames.length > 0)
      if (tapes.length === 0 || chance.odds(0.3)) return scene.hello(line)
      playing.set(line, [...chance.pick(tapes).frames])
    },
    act: (line) => {
      const tape = playing.get(line)
      if (tape !== undefined) for (const frame of tape.splice(0, 10)) line.say(frame)
      else if (deeds.cells.length > 0) for (let i = 0; i < 10; i += 1) line.say(said(scene, chance.pick(deeds.cells)))
      if (tape?.length === 0) line.drop()
    }
  }
}

/** Says all that it hears again, to whom it heard it from. */
export function echo(scene: Scene): Mischief {
  return {
    hear: (line, message) => {
      if ('a' in message) line.say({ a: Object.fromEntries(Object.entries(message.a).map(([key, have]) => [line.hearing.author(key), have])), u: line.said, y: true })
      else if (!('v' in message) && !('c' in message)) line.say(message)
    },
    act: (line) => {
      for (const change of scene.deeds.cells.slice(-10)) line.say(said(scene, change))
    }
  }
}

/** Says that it is some other host, in that host's life or in another, and sometimes that this one leaves. */
export function poser(scene: Scene): Mischief {
  const { chance, deeds, network } = scene
  return {
    open: (line) => {
      const author = chance.pick([...deeds.authors.keys(), `${chance.pick(network.hosts).name}~${scene.life}`])
      const [host, life] = author.split('~') as [string, string]
      scene.hello(line, host, life)
    },
    act: (line) => {
      if (chance.odds(0.3)) line.say({ a: vector(scene, (seq) => seq), u: line.said, y: true })
      else if (chance.odds(0.2)) line.say({ b: chance.pick(['close', 'error', 'lost']), ...(chance.odds(0.5) ? { leave: true } : {}) })
      else line.say({ t: [chance.whole(1, 1e12), chance.whole(0, 1e12), chance.whole(-9, 1e6)] })
    }
  }
}

/** A change that some host said, as a frame. */
function said(scene: Scene, { author, seq, kind, name, part, expire, body }: Carried): object {
  return scene.changes(author, kind, [{ seq, name, part, expire, body }])
}
