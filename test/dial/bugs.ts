/**
 * Rules for one link per pair that look right and are wrong, to be laid over the real ones: rounds must find each.
 */
import { Dial } from '../../lib/dial/dial.js'
import type { Link } from '../../lib/dial/link.js'
import { Pair } from '../../lib/dial/pair.js'
import type { Bug } from '../sim/bugs.js'
import { Record } from './record.js'

/** What the bugs touch. */
type Inside = {
  links: Set<Link>; chosen: Link | null; first: boolean; pairs: Map<string, Pair>; choices: number
  acts: { close: (link: Link, reason: string) => void }
  answered: (link: Link, now: number) => void
  targets: { of: (host: string) => object | undefined }
  release: (target: object) => void
}

/** Host b, which does not decide, hears of the choice of one link after that of a later one. */
function overtaken(): boolean {
  const b = new Record('b')
  const [first, second] = [b.accept(), b.accept()]
  for (const link of [first, second]) b.meet(link, 'a', 0)
  b.dial.hear(second, { choice: 2, keeps: true, uris: [] }, 1)
  b.dial.hear(first, { choice: 1, keeps: true, uris: [] }, 2)
  return b.dial.link('a') !== second
}

const [pair, dial] = [Pair.prototype, Dial.prototype] as unknown as [Inside, Inside]

export const dialBugs: readonly Bug[] = [
  {
    name: 'each end keeps the link that it saw first, and closes the other',
    seed: 46,
    lay: (over) => {
      over<Inside>(pair, 'decides', () => () => true)
      over<Inside>(pair, 'isRival', () => () => true)
    }
  },
  {
    name: 'the first link stands without a probe',
    seed: 2,
    lay: (over) => over<Inside>(pair, 'settle', (real) => function (this: Inside, now: never) {
      real.call(this, now)
      if (this.chosen !== null) this.answered(this.chosen, now)
    })
  },
  {
    name: 'choices are not numbered: the last word that arrived counts',
    story: overtaken,
    lay: (over) => over<Inside>(pair, 'compare', () => function (this: Inside, link: never) {
      const newcomer = link as Link
      const { chosen } = this
      if (chosen === null || newcomer === chosen || this.first || (newcomer.word?.choice ?? 0) === 0) return
      this.links.delete(chosen)
      this.acts.close(chosen, 'duplicate')
      this.chosen = newcomer
    })
  },
  {
    name: 'the later choice holds, unasked',
    seed: 8,
    lay: (over) => over<Inside>(pair, 'compare', (real) => function (this: Inside, link: never) {
      const newcomer = link as Link
      const { chosen } = this
      real.call(this, link)
      if (chosen === null || newcomer === chosen || this.first || (newcomer.word?.choice ?? 0) <= (chosen.word?.choice ?? 0)) return
      this.links.delete(chosen)
      this.acts.close(chosen, 'duplicate')
      this.chosen = newcomer
    })
  },
  {
    name: 'whoever says so leaves',
    seed: 113,
    lay: (over) => over<Inside>(dial, 'parted', (real) => function (this: Inside, link: never, host: never, left: never, ...rest: never[]) {
      real.call(this, link, host, left, ...rest)
      const target = this.targets.of(host)
      if (left && target !== undefined) this.release(target)
    })
  },
  {
    name: 'every word tells where a host is',
    seed: 32,
    lay: (over) => over<Inside>(dial, 'hear', (real) => function (this: Inside, link: never, word: never, now: never) {
      real.call(this, link, word, now)
      const target = this.targets.of((link as Link).met?.host ?? '') as { told: readonly string[] } | undefined
      if (target !== undefined) target.told = (word as { uris: readonly string[] }).uris
    })
  },
  {
    name: 'choices are counted anew once a pair has no link',
    seed: 34,
    lay: (over) => over<Inside>(dial, 'made', (real) => function (this: Inside, ...args: never[]) {
      if (this.pairs.size === 0) this.choices = 0
      return real.apply(this, args)
    })
  },
  {
    name: 'a newcomer is taken, and the link that stood closed',
    seed: 1,
    lay: (over) => over<Inside>(pair, 'join', (real) => function (this: Inside, link: never, now: never) {
      const { chosen } = this
      if (chosen !== null && chosen !== link) {
        this.links.delete(chosen)
        this.acts.close(chosen, 'duplicate')
        this.chosen = null
      }
      real.call(this, link, now)
    })
  }
]
