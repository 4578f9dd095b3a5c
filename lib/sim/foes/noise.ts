/**
 * Foes that make noise: bytes that are no frames, frames that are no messages, and more of everything than there is room for.
 */
import type { Line } from './line.js'
import type { Mischief, Scene } from './scene.js'

const encoder = new TextEncoder()

/** Says bytes that are no JSON, no UTF-8, half a frame, or no end of one. */
export function babbler(scene: Scene): Mischief {
  const { chance } = scene
  const noises = [
    () => Uint8Array.from({ length: chance.whole(1, 300) }, () => chance.whole(0, 255)),
    () => encoder.encode('\n'.repeat(chance.whole(1, 1_000))),
    () => encoder.encode(`${'['.repeat(chance.whole(1, 200_000))}\n\n`),
    () => encoder.encode(`{"m":${'['.repeat(50_000)}${']'.repeat(50_000)}}\n\n`),
    () => encoder.encode('{"a":{},"u"'),
    () => encoder.encode('"'.padEnd(chance.pick([1_000, 400_000]), 'x')),
    () => encoder.encode('\uFEFF{"a":{},"u":0}\n\n'),
    () => Uint8Array.of(0xff, 0xfe, 10, 10)
  ]
  return {
    act: (line) => {
      for (let i = chance.whole(1, 4); i > 0; i -= 1) line.sayBytes(chance.pick(noises)())
    }
  }
}

/** Takes proper messages of its own and puts what does not belong into them. */
export function mangler(scene: Scene): Mischief {
  const { chance } = scene
  return {
    act: (line) => {
      const seq = scene.nextSeq
      const { kind, part } = scene.anyName()
      const proper: object[] = [
        { a: { [scene.author]: seq }, d: { [scene.author]: [[seq + 2, seq + 3]] }, u: line.said, r: { room: 1 }, y: true },
        { t: [seq, 0, 0] }, { w: { [scene.author]: 0 }, n: [['counter', 'x']] }, { m: [1] }, { b: 'close' }, { zz: 1 },
        ...Array.from({ length: 8 }, () => scene.changes(scene.author, kind, [{ seq, name: `${scene.name}${seq}`, part, body: scene.bodyOf(kind, part, seq) }]))
      ]
      const message = mangled(scene, chance.pick(proper), 0.2) as object
      line.say(chance.odds(0.2) ? [message, { zz: 1 }] : message)
    }
  }
}

/** What can stand in for a value in a frame. */
function nasty({ chance }: Scene): unknown {
  return chance.pick([
    null, true, -1, -0, 1.5, 2 ** 53, 1e308, '', '__proto__', 'constructor', '\u0000\u001b', '\ud800', 'é'.repeat(100), '"\\'.repeat(120), 'x'.repeat(300),
    {}, [], [[]], [null], { length: 3 }, JSON.parse('{"__proto__":{"a":1}}') as unknown, { toJSON: 1 }, deep(chance.pick([10, 63, 64, 65, 2_000])), 'x'.repeat(20_000)
  ])
}

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i += 1) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

/** The same with some of its values replaced. */
function mangled(scene: Scene, value: unknown, odds: number): unknown {
  const { chance } = scene
  if (chance.odds(odds)) return nasty(scene)
  if (typeof value !== 'object' || value === null) return value
  const lower = odds * 0.7
  if (Array.isArray(value)) return value.map((item) => mangled(scene, item, lower))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [chance.odds(0.02) ? '__proto__' : key, mangled(scene, item, lower)]))
}

/** Floods: names, parts and authors without end, kinds that nobody knows, changes that nobody takes. */
export function flooder(scene: Scene): Mischief {
  const { chance } = scene
  let made = 0
  const fresh = (): string => {
    made += 1
    return `${scene.name}-${made}`
  }
  const floods: ((line: Line) => object)[] = [
    () => scene.changes(scene.author, 'counter', Array.from({ length: 20 }, () => ({ seq: scene.nextSeq, name: fresh(), body: [1, 0] }))),
    () => scene.changes(scene.author, 'set', Array.from({ length: 20 }, () => ({ seq: scene.nextSeq, name: scene.name, part: `=${fresh()}`, body: [1, {}] }))),
    () => Array.from({ length: 20 }, () => scene.changes(`${fresh()}~1`, 'counter', [{ seq: 1, name: scene.name, body: [1, 0] }])),
    () => Array.from({ length: 20 }, () => scene.changes(`${fresh()}~1`, 'counter', [{ seq: 1, name: scene.name, body: 'no body' }])),
    () => scene.changes(scene.author, `kind-${chance.whole(0, 9)}`, Array.from({ length: 10 }, () => ({ seq: scene.nextSeq, name: fresh(), body: 'x'.repeat(1_000) }))),
    (line) => ({ a: Object.fromEntries(Array.from({ length: 100 }, () => [`${fresh()}~1`, chance.whole(1, 1e9)])), u: line.said }),
    () => Array.from({ length: 1_000 }, () => ({ t: [chance.whole(1, 1e9), 0, 0] }))
  ]
  return {
    act: (line) => {
      line.say(chance.pick(floods)(line))
    }
  }
}

/** Never reads what it is told, and asks for all of it again and again. */
export function staller(scene: Scene): Mischief {
  return {
    reads: false,
    act: (line) => {
      line.say({ w: Object.fromEntries([...scene.deeds.authors.keys()].map((author) => [author, 0])) })
      line.say({ t: [scene.nextSeq, 0, 0] })
    }
  }
}

/** Comes and goes, sometimes before a word, sometimes in the middle of one. */
export function flapper(scene: Scene): Mischief {
  const { chance } = scene
  return {
    open: (line) => {
      if (chance.odds(0.7)) scene.hello(line)
      if (chance.odds(0.5)) line.sayBytes(encoder.encode('{"a":{"x'))
    },
    act: (line) => line.drop(chance.odds(0.7))
  }
}
