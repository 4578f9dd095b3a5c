/**
 * Planted bugs of what becomes of two bodies under one seq, and of how what is said in cells is counted.
 */
import type { Gossip } from '../../lib/gossip/gossip.js'
import { Rivals } from '../../lib/gossip/rivals.js'
import type { Session } from '../../lib/gossip/session.js'
import type { Change } from '../../lib/log/change.js'
import { Digest } from '../../lib/log/digest.js'
import { Log } from '../../lib/log/log.js'
import type { Bug } from './bugs.js'

/** Private parts that bugs reach into. */
type Parts = { gossip: Gossip }

/** What a rival is judged by. */
type Rival = [kind: never, held: Change | undefined, seq: number, expire: never, body: never, from: Session | null]

/** Whether a change is one of an audit, under the seq that its cell holds. */
function isRival([, held, seq, , , from]: Rival): boolean {
  return held?.seq === seq && from?.audit.mends === true
}

export const doubleBugs: readonly Bug[] = [
  {
    name: 'of two bodies under one seq each host keeps its own',
    seed: 1,
    history: 'double',
    lay: (over) => over(Rivals.prototype, 'wins', () => () => false)
  },
  {
    name: 'of two bodies under one seq the one that came last stands',
    seed: 1,
    history: 'double',
    lay: (over) => over(Rivals.prototype, 'wins', (real) => function (this: Rivals, ...args: never[]) {
      const rival = args as unknown as Rival
      return isRival(rival) && rival[1]?.author !== (this as unknown as Parts).gossip.own ? true : real.apply(this, args)
    })
  },
  {
    name: 'of two bodies under one seq one host keeps the lesser',
    seed: 1,
    history: 'double',
    lay: (over) => over(Rivals.prototype, 'wins', (real) => function (this: Rivals, ...args: never[]) {
      const rival = args as unknown as Rival
      const { own } = (this as unknown as Parts).gossip
      const wins = real.apply(this, args) as boolean
      return own.host === 'h1' && isRival(rival) && rival[1]?.author !== own ? !wins : wins
    })
  },
  {
    name: 'a cell of ours that others hold otherwise is not issued again',
    seed: 1,
    history: 'double',
    lay: (over) => over(Rivals.prototype, 'wins', (real) => function (this: Rivals, ...args: never[]) {
      return (args as unknown as Rival)[1]?.author === (this as unknown as Parts).gossip.own ? false : real.apply(this, args)
    })
  },
  {
    name: 'a cell of ours yields to a greater body like any other',
    seed: 1,
    history: 'double',
    lay: (over) => over(Rivals.prototype, 'wins', (real) => function (this: Rivals, ...args: never[]) {
      const { gossip } = this as unknown as Parts
      const own = gossip.own
      gossip.own = gossip.log.meet('nobody~0') as typeof own
      try {
        return real.apply(this, args)
      } finally {
        gossip.own = own
      }
    })
  },
  {
    name: 'what is said in a cell is not taken out when that is written over',
    seed: 3,
    history: 'double',
    lay: (over) => over(Digest.prototype, 'take', (real) => function (this: Digest, change: never) {
      return real.call(this, change, false as never)
    })
  },
  {
    name: 'what is said in a cell is taken out though it is not counted yet',
    seed: 5,
    history: 'double',
    lay: (over) => over(Digest.prototype, 'take', (real) => function (this: Digest, change: never) {
      return real.call(this, change, true as never)
    })
  },
  {
    name: 'a name that ends later leaves behind what is said in it',
    seed: 2,
    history: 'double',
    lay: (over) => over(Digest.prototype, 'bodiesOf', () => () => 0)
  },
  {
    name: 'what is said in cells is compared whether it is counted or not',
    seed: 5,
    history: 'double',
    lay: (over) => over(Log.prototype, 'embodiesAll', () => () => true)
  },
  {
    name: 'what is said in cells is counted once for all',
    seed: 1,
    history: 'double',
    lay: (over) => over(Log.prototype, 'recount', () => () => undefined)
  }
]
