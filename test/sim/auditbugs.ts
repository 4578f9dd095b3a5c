/**
 * Planted bugs of the audit: rules that look right there and are wrong.
 */
import { Audit } from '../../lib/gossip/audit.js'
import { Absences } from '../../lib/gossip/absences.js'
import { Expiry } from '../../lib/gossip/expiry.js'
import { Feed } from '../../lib/gossip/feed.js'
import { Outbound } from '../../lib/gossip/outbound.js'
import { Revival } from '../../lib/gossip/revival.js'
import { Rivals } from '../../lib/gossip/rivals.js'
import type { Session } from '../../lib/gossip/session.js'
import { Standing } from '../../lib/gossip/standing.js'
import { Rounds, type Tally } from '../../lib/gossip/tally.js'
import type { Change } from '../../lib/log/change.js'
import { Digest } from '../../lib/log/digest.js'
import type { Name } from '../../lib/log/name.js'
import type { Audit as Word } from '../../lib/wire/message.js'
import type { Bug } from './bugs.js'
import { doubtsLiars, doubtsWriters, endedApart, foundAtEnds, hidden, mended, unknownEnd } from './stories.js'

/** Private parts that bugs reach into. */
type Parts = { tally: Tally; askedForEnds: boolean; feed: { brought: (change: Change) => boolean }; outbound: { session: Session } }

export const auditBugs: readonly Bug[] = [
  {
    name: 'a digest counts who wrote what under which seq, but not where',
    story: () => !hidden(),
    lay: (over) => over(Digest.prototype, 'placeOf', () => () => 0)
  },
  {
    name: 'what is about to end is compared as well',
    story: () => foundAtEnds() > 0,
    lay: (over) => {
      over(Audit.prototype, 'sum', (real) => function (this: Audit, ...args: never[]) {
        const sum = real.apply(this, args)
        const { tally } = this as unknown as Parts
        return sum === undefined ? undefined : [tally.spanMs, tally.sumFrom(tally.spanMs, false).text]
      })
    }
  },
  {
    name: 'parts that do not stand still are compared as well',
    seed: 5,
    history: 'network',
    lay: (over) => {
      over(Rounds.prototype, 'still', () => () => Infinity)
      over(Audit.prototype, 'still', () => () => Infinity)
    }
  },
  {
    name: 'what an audit brings is not passed on to those who say that they hold it',
    seed: 2,
    history: 'cut',
    lay: (over) => over(Feed.prototype, 'repeat', () => () => undefined)
  },
  {
    name: 'only who knows that it was away asks for all that ends',
    seed: 70,
    history: 'cut',
    lay: (over) => over(Audit.prototype, 'serveAgain', (real) => function (this: Audit, what: never, now: never) {
      ;(this as unknown as Parts).askedForEnds = true
      return real.call(this, what, now)
    })
  },
  {
    name: 'nobody asks for all that ends, however long the absence',
    seed: 2,
    history: 'cut',
    lay: (over) => over(Absences.prototype, 'wasLong', () => () => false)
  },
  {
    name: 'a name that comes back late is told by the cell that brought it back alone',
    seed: 87,
    history: 'cut',
    lay: (over) => over(Revival.prototype, 'extend', () => function (this: Revival, change: never, until: never, isNew: never) {
      this['gossip'].expiry.extend((change as Change).name, until, isNew)
    })
  },
  {
    name: 'a name that comes back late is not told to whom it came from',
    seed: 159,
    history: 'cut',
    lay: (over) => over(Feed.prototype, 'repeat', (real) => function (this: Feed, change: never) {
      if (!(this as unknown as Parts['feed']).brought(change)) real.call(this, change)
    })
  },
  {
    name: 'who asked for all that ends does not get what it dropped of a name that ends since',
    seed: 1531,
    history: 'cut',
    lay: (over) => over(Revival.prototype, 'complete', () => () => undefined)
  },
  {
    name: 'who asked for all that ends does not get what it dropped of a name that its neighbour itself ends since',
    story: () => endedApart('neighbour') > 0,
    lay: (over) => over(Revival.prototype, 'complete', (real) => function (this: Revival, name: never) {
      if ((name as Name).find(this['gossip'].own, '')?.arrival !== this['gossip'].log.end) real.call(this, name)
    })
  },
  {
    name: 'what stands still is compared, be it under way for ever so long',
    seed: 327,
    history: 'event',
    lay: (over) => over(Audit.prototype, 'still', () => function (this: Audit, now: never) {
      return (this as unknown as Parts['outbound']).session.gossip.rounds.still(now)
    })
  },
  {
    name: 'once an audit mends, what this session brings is sent back as well',
    seed: 2,
    history: 'network',
    lay: (over) => over(Outbound.prototype, 'owes', (real) => function (this: Outbound, change: never) {
      const { session } = this as unknown as Parts['outbound']
      return (session.audit.mends && (change as Change).from === session.number) || real.call(this, change)
    })
  },
  {
    name: 'a change that dies where it came from is sent back there no more',
    seed: 597,
    history: 'eager',
    lay: (over) => over(Expiry.prototype, 'isDying', () => () => false)
  },
  {
    name: 'a later change of ours that comes back is forged, where an earlier one came back before',
    seed: 602,
    history: 'cut',
    lay: (over) => over(Rivals.prototype, 'isForged', () => function (this: Rivals, seq: never, name: never, part: never) {
      const { own } = this['gossip']
      const held = (name as Name | undefined)?.find(own, part)
      return seq > own.held.have || (held?.seq ?? seq) < seq
    })
  },
  {
    name: 'a question to which there is nothing to say is not answered',
    seed: 189,
    history: 'cut',
    lay: (over) => over(Audit.prototype, 'say', (real) => function (this: Audit, ...args: never[]) {
      const word = real.apply(this, args) as Word | null
      return word !== null && Object.keys(word).length === 1 ? null : word
    })
  },
  {
    name: 'a name counts in the span in which it was to end first',
    seed: 9,
    history: 'network',
    lay: (over) => over(Digest.prototype, 'shift', () => () => undefined)
  },
  {
    name: 'whose sums are others, and where is not found, is not in doubt',
    story: () => !doubtsLiars(),
    lay: (over) => over(Standing.prototype, 'miss', () => () => undefined)
  },
  {
    name: 'sums that are others put in doubt at once, whatever moves',
    story: () => doubtsWriters(),
    lay: (over) => over(Standing.prototype, 'miss', () => function (this: Standing, doubt: never) {
      this.doubt = doubt
    })
  },
  {
    name: 'ends of names count for nothing',
    story: () => !unknownEnd(),
    lay: (over) => {
      over(Digest.prototype, 'countEnd', () => () => undefined)
      over(Digest.prototype, 'end', () => () => ({ low: 0, high: 0 }))
    }
  },
  {
    name: 'what the other end asks for of a list is not served',
    story: () => !mended('right'),
    lay: (over) => over(Audit.prototype, 'serve', () => () => undefined)
  },
  {
    name: 'what the other end does not list is not served',
    story: () => !mended('left'),
    lay: (over) => over(Audit.prototype, 'say', (real) => function (this: Audit, { word }: { word: Word }, now: never) {
      return real.call(this, { word, things: [] } as never, now)
    })
  }
]
