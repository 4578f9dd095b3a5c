/**
 * Places that an audit passes over, because what the peer holds there was refused in this session; each is asked for once in spite of it, and again when it moved.
 */
import type { Refusals } from './refusals.js'
import { placesOf } from './reply.js'

export class Tried {
  private places = new Map<number, string>()

  constructor(private readonly refusals: Refusals) {}

  /** Places of which something was refused here, and what stood there when they were last asked for in spite of it: `compareList` notes that. */
  get refused(): Map<number, string> {
    const places = this.refusals.all().flatMap(({ kind, text, part }) => placesOf(kind, text, part))
    this.places = new Map(places.map((place) => [place, this.places.get(place) ?? 'never']))
    return this.places
  }
}
