/**
 * What a journal keeps of topics beside their events: how far they were heard here, and what was let go of.
 *
 * An event is marked as heard when its listeners have returned, so that one whose listeners a crash cut short is told again. Marks are
 * written before the events that they are of: what was heard and is not kept comes again from a peer, and is not told twice.
 *
 *     t["topic"]            [number, life, since, met]: up to which number our own events were let go of, in which life; when its first reader began,
 *                           and whether a peer was met since
 *     m["topic","author"]   [number, seq] of the event that readers were told last
 *     s["topic","author"]   [seq, until]: up to where events of an author were let go of; null is the topic of all that nobody reads
 */
import type { Author } from '../log/author.js'
import type { Gossip } from './gossip.js'
import type { Mark, Topic } from './topic.js'

export class Marks {
  constructor(private readonly gossip: Gossip) {}

  /** The first reader of a topic began, it has met a peer, or an event of our own was let go of. */
  move(topic: Topic): void {
    this.gossip.recorder?.note(topicKey(topic), () => this.told(topic))
  }

  /** Readers were told so far; null if that is of no use any more. */
  hear(topic: Topic, id: string, mark: Mark | null): void {
    if (this.gossip.recorder === null) return
    if (mark === null) topic.heard.delete(id)
    else topic.heard.set(id, mark)
    this.gossip.recorder.note(heardKey(topic, id), () => {
      const now = topic.heard.get(id)
      return now === undefined ? null : JSON.stringify([now.number, now.seq])
    })
  }

  /** An event of an author was let go of, or the author was. */
  spend(topic: Topic, author: Author): void {
    this.gossip.recorder?.note(spentKey(topic, author.id), () => {
      const seq = topic.spent.get(author)
      return seq === undefined ? null : JSON.stringify([seq, author.spentUntil])
    })
  }

  /** All that is kept of a topic. */
  *entries(topic: Topic): Generator<[key: string, value: string], void, undefined> {
    if (topic.since !== null) yield [topicKey(topic), this.told(topic)]
    for (const [id, { number, seq }] of topic.heard) yield [heardKey(topic, id), JSON.stringify([number, seq])]
    for (const [author, seq] of topic.spent) yield [spentKey(topic, author.id), JSON.stringify([seq, author.spentUntil])]
  }

  /** What was kept in a process before this one, by its keys; ours is that life. Tells the keys that are of no use any more. */
  recall(kept: ReadonlyMap<string, string>, life: string): string[] {
    const stale: string[] = []
    const read = [...kept].map(([key, value]) => ({ key, value, place: JSON.parse(key.slice(1)) as [string | null, string] }))
    for (const { place: [name] } of read) this.gossip.topics.recall(name)
    for (const { key, value, place: [name, id] } of read) {
      const topic = this.gossip.topics.recall(name)
      if (key[0] === 't') this.recallTopic(topic, value, life)
      else if (!this.recallMark(topic, key[0] === 'm', id, value)) stale.push(key)
    }
    return stale
  }

  private recallTopic(topic: Topic, value: string, life: string): void {
    const [gone, whose, since, met] = JSON.parse(value) as [number, string, number, boolean]
    topic.gone = whose === life ? gone : 0
    topic.since = since
    topic.met = met
    topic.remembered = true
  }

  private recallMark(topic: Topic, isHeard: boolean, id: string, value: string): boolean {
    const [first, second] = JSON.parse(value) as [number | null, number]
    const { log, expiry } = this.gossip
    if (isHeard) {
      topic.heard.set(id, { number: first, seq: second })
      return true
    }
    const author = this.gossip.clock() < second ? log.meet(id) : null
    if (author === null) return false
    topic.spent.set(author, first ?? 0)
    expiry.spend(author, first ?? 0, second)
    return true
  }

  private told({ gone, since, met }: Topic): string {
    return JSON.stringify([gone, this.gossip.own.life, since, met])
  }
}

/** Whether a key of a journal is one of ours. */
export function isMark(key: string): boolean {
  return key[0] === 't' || key[0] === 'm' || key[0] === 's'
}

function topicKey({ name }: Topic): string {
  return `t${JSON.stringify([name])}`
}

function heardKey({ name }: Topic, id: string): string {
  return `m${JSON.stringify([name, id])}`
}

function spentKey({ name }: Topic, id: string): string {
  return `s${JSON.stringify([name, id])}`
}
