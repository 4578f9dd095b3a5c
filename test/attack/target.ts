/**
 * A host under attack, in virtual time, with an honest one beside it that must not notice.
 */
import type { Test } from 'tape'
import type { Limits, Store } from '../../index.js'
import { Clock } from '../clock.js'
import { codeOf, Hand, join, storeAt } from '../stores.js'

export const far = Number.MAX_SAFE_INTEGER

/** A host under attack, an honest one beside it, and how sessions with the attacker ended. */
export class Target {
  readonly clock = new Clock()
  readonly store: Store
  readonly honest: Store
  readonly ends: string[] = []
  readonly refused = new Map<string, number>()

  constructor(bounds: Partial<Limits> = {}) {
    this.store = storeAt(this.clock, 'target', { limits: bounds })
    this.honest = storeAt(this.clock, 'honest')
    this.store.on('refused', ({ code, count, by }) => {
      if (by === 'us') this.refused.set(code, (this.refused.get(code) ?? 0) + count)
    })
    join(this.store.createStream({ host: 'honest' }), this.honest.createStream({ host: 'target' }))
    this.clock.run(200)
  }

  /** The attacker connects and says hello. */
  foe(hello: object = {}): Hand {
    return new Hand(this.store.createStream({ onEnd: (error) => this.ends.push(codeOf(error)) })).hello('foe', hello).say({ a: {}, u: 0 })
  }

  /** That what an honest host writes still goes both ways. */
  stands(t: Test, when: string): void {
    const before = this.store.counter('honest').value
    this.honest.counter('honest').increment()
    this.store.counter('target').increment()
    this.clock.run(2_000)
    t.deepEqual(
      [this.store.counter('honest').value - before, this.honest.counter('target').value, this.store.coherent, this.honest.coherent],
      [1, this.store.counter('target').value, true, true], `${when}: the honest host is heard, hears, and both are in step`
    )
  }
}

/** A change of the attacker's own. */
export function changes(seq: number, name: string, body: unknown, k = 'counter', more: object = {}): object {
  return { s: [1, 'foe~1'], k, q: [seq], n: [name], c: [body], ...more }
}
