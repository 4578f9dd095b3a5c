/**
 * Planted bugs of the journal: what one would get wrong there.
 */
import { Gate } from '../../lib/gossip/gate.js'
import { Hearing } from '../../lib/gossip/hearing.js'
import { Marks } from '../../lib/gossip/marks.js'
import { Recorder } from '../../lib/gossip/recorder.js'
import { Expiry } from '../../lib/gossip/expiry.js'
import { Gossip } from '../../lib/gossip/gossip.js'
import { Outbound } from '../../lib/gossip/outbound.js'
import type { Journal } from '../../lib/gossip/journal.js'
import { Shelf } from '../../lib/sim/journal.js'
import type { Time } from '../../lib/stream/time.js'
import type { Topic } from '../../lib/gossip/topic.js'
import { Topics } from '../../lib/gossip/topics.js'
import type { Author } from '../../lib/log/author.js'
import type { Change } from '../../lib/log/change.js'
import type { Frame } from '../../lib/wire/message.js'
import type { Bug } from './bugs.js'
import type { JournaledOptions } from './journaled.js'

type Parts = {
  gate: { waiting: { frame: Frame } | null }
  recorder: { mark: { end: number; moves: number }; gossip: Gossip; news: unknown }
}

export const journalBugs: (Bug & { journal: JournaledOptions })[] = [
  {
    name: 'what is not kept yet is told', seed: 11, journal: {},
    lay: (over) => over(Gate.prototype, 'put', () => function (this: Gate, frame: Frame) {
      this.passed = true
      return frame
    })
  },
  {
    name: 'changes wait until they are kept, and what we hold does not', seed: 14, journal: {},
    lay: (over) => over(Gate.prototype, 'put', (real) => function (this: Gate, frame: Frame) {
      if (!('a' in frame)) return (real as (frame: Frame) => Frame | null).call(this, frame)
      this.passed = true
      return frame
    })
  },
  {
    name: 'a life that goes on counts its seqs from those that it can see', journal: {},
    lay: (over) => over(Gossip.prototype, 'become', (real) => function (this: Gossip, author: Author) {
      author.held.have = author.highest - 1
      ;(real as (author: Author) => void).call(this, author)
    })
  },
  {
    name: 'a batch that failed counts as kept', journal: { full: true },
    lay: (over) => over(Recorder.prototype, 'fail', (real) => function (this: Recorder, error: Error) {
      const { gossip } = this as unknown as Parts['recorder']
      ;(this as unknown as Parts['recorder']).mark = { end: gossip.log.end, moves: gossip.log.moves }
      ;(real as (error: Error) => void).call(this, error)
    })
  },
  {
    name: 'what is held is kept before the changes that show it', seed: 39, journal: {},
    lay: (over) => over(Recorder.prototype, 'batch', (real) => function (this: Recorder, ...args: never[]) {
      return [...(real.apply(this, args) as Iterable<unknown>)].reverse()
    })
  },
  {
    name: 'what a batch that was cut short shows of us is not written again', seed: 1062, journal: {},
    lay: (over) => over(Recorder.prototype, 'batch', (real) => function (this: Recorder, ...args: never[]) {
      const entries = [...(real as (...args: never[]) => Iterable<[string, string | null]>).call(this, ...args)]
      return entries[0]?.[0][0] === 'h' ? [[entries[0][0], '[0,[]]'], ...entries.slice(1)] : entries
    })
  },
  {
    name: 'how many cells of ours there were is not looked at', journal: { lost: true },
    lay: (over) => over(Shelf.prototype, 'open', (real) => function (this: Shelf, time: Time) {
      const journal = (real as (time: Time) => Journal).call(this, time)
      const { load } = journal
      journal.load = (each) => load((key, value) => each(key, key[0] === 'h' && value !== null ? JSON.stringify((JSON.parse(value) as unknown[]).slice(0, 2)) : value))
      return journal
    })
  },
  {
    name: 'a host that goes on forgets when its names end', journal: { mortal: true },
    lay: (over) => over(Expiry.prototype, 'extend', (real) => function (this: Expiry, ...args: never[]) {
      const { gossip } = this as unknown as { gossip: Gossip }
      if (gossip.recorder === null && gossip.sessions.size === 0) return
      real.apply(this, args)
    })
  },
  {
    // What was kept of an add comes back where the remove that made it needless was lost: who was told that it is held never gets it.
    name: 'a host whose disk is full claims all the same', seed: 3170, journal: { full: true, power: true },
    lay: (over) => over(Outbound.prototype, 'drained', () => function (this: Outbound) {
      const { session } = this as unknown as { session: { met: boolean; claims: boolean } }
      return session.met && session.claims && this.feed.drained
    })
  },
  {
    name: 'a confirmation that is not kept counts', seed: 238, journal: { full: true },
    lay: (over) => over(Recorder.prototype, 'has', () => function (this: Recorder, { arrival }: Change) {
      return arrival <= (this as unknown as Parts['recorder']).mark.end
    })
  },
  {
    name: 'the numbers of events begin anew', journal: { events: true },
    lay: (over) => over(Topics.prototype, 'resume', () => function () {})
  },
  {
    name: 'the numbers of events go on from those that are kept', journal: { events: true, brief: true },
    lay: (over) => over(Topics.prototype, 'resume', (real) => function (this: Topics) {
      for (const topic of (this as unknown as { topics: Topic[] }).topics) topic.gone = 0
      real.call(this)
    })
  },
  {
    name: 'an event that waits counts as heard', seed: 3, journal: { events: true, tight: true },
    lay: (over) => over(Hearing.prototype, 'take', (real) => function (this: Hearing, event: Change, from: never) {
      const { topic, gossip: { topics, own } } = this as unknown as { topic: Topic; gossip: Gossip }
      if (event.author !== own) topics.marks.hear(topic, event.author.id, { number: Number(event.part), seq: event.seq })
      ;(real as (event: Change, from: never) => void).call(this, event, from)
    })
  },
  {
    name: 'how far events were heard is not kept', journal: { events: true },
    lay: (over) => over(Marks.prototype, 'hear', () => function () {})
  }
]
