/**
 * Dial decisions with hands that only write down what they were to do.
 */
import { Dial, type Ending } from '../../lib/dial/dial.js'
import type { Link } from '../../lib/dial/link.js'
import type { Call } from '../../lib/dial/target.js'
import { withLimits, type Limits } from '../../lib/limits.js'

export class Record {
  readonly dial: Dial
  readonly calls: Call[] = []
  /** What was decided since it was last asked. */
  private acts: string[] = []

  constructor(host: string, bounds: Partial<Limits> = {}, random: () => number = () => 0.999) {
    const act = (what: string): void => { this.acts.push(what) }
    this.dial = new Dial({
      host, limits: withLimits(bounds), random,
      hands: {
        dial: (call) => {
          this.calls.push(call)
          act(`dial ${call.uri}`)
        },
        hangUp: ({ uri }) => act(`hang up ${uri}`),
        say: ({ number }, { choice, keeps }) => act(`say ${number}: ${choice}${keeps ? ' kept' : ''}`),
        probe: ({ number }) => act(`probe ${number}`),
        close: ({ number }, reason) => act(`close ${number}: ${reason}`),
        expect: (whom) => act(`expect ${whom}`),
        forget: (whom) => act(`forget ${whom}`),
        connect: (whom, { number }, how) => act(`connect ${whom} by ${number}, ${how}`),
        disconnect: (whom) => act(`disconnect ${whom}`),
        backoff: (whom, waitMs, failures) => act(`back off from ${whom}: ${Math.round(waitMs)} ms, ${failures}`)
      }
    })
  }

  /** What was decided since this was last called. */
  done(): string[] {
    return this.acts.splice(0)
  }

  /** A link that somebody dialled here. */
  accept(address: string | null = null, now = 0): Link {
    const link = this.dial.accept(address, now)
    if (typeof link === 'string') throw new Error(`refused: ${link}`)
    return link
  }

  /** The last dial came through. */
  dialled(): Link {
    const call = this.calls.at(-1)
    const link = call === undefined ? null : this.dial.dialled(call)
    if (link === null) throw new Error('nothing was dialled')
    return link
  }

  meet(link: Link, host: string, now: number, life = 'life1'): void {
    this.dial.met(link, { host, life, node: true }, now)
  }

  end(link: Link, now: number, ending: Partial<Ending> = {}): void {
    this.dial.ended(link, { error: null, left: false, mirrored: false, ...ending }, now)
  }
}
