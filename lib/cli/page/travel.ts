/**
 * Changes that are seen travelling: dots along the links, as many as changes went over them since the last picture, a few at most.
 */
import type { Line } from './model.js'

const svg = 'http://www.w3.org/2000/svg'
const travelMs = 700
const dotsMax = 200
const perLineMax = 6

type Point = { x: number; y: number }
type Travelling = { element: SVGCircleElement; from: Point; to: Point; startAt: number }

export class Travel {
  private readonly dots = new Set<Travelling>()
  private readonly before = new Map<string, { out: number; in: number }>()
  private frame = 0

  constructor(private readonly layer: SVGGElement) {}

  /** Sends off what went over the links since it was last called. */
  show(lines: readonly Line[], places: ReadonlyMap<string, Point>, spreadMs: number): void {
    for (const line of lines) {
      const key = `${line.a}\u0000${line.b}`
      const before = this.before.get(key)
      this.before.set(key, { out: line.changesOut, in: line.changesIn })
      const [a, b] = [places.get(line.a), places.get(line.b)]
      if (before === undefined || a === undefined || b === undefined || line.state === 'cut') continue
      this.send(line.changesOut - before.out, a, b, spreadMs)
      this.send(line.changesIn - before.in, b, a, spreadMs)
    }
  }

  stop(): void {
    cancelAnimationFrame(this.frame)
    for (const dot of this.dots) dot.element.remove()
    this.dots.clear()
  }

  private send(count: number, from: Point, to: Point, spreadMs: number): void {
    if (matchMedia('(prefers-reduced-motion: reduce)').matches || document.hidden) return
    const many = Math.min(perLineMax, count)
    for (let i = 0; i < many && this.dots.size < dotsMax; i += 1) {
      const element = document.createElementNS(svg, 'circle')
      element.setAttribute('r', '3.5')
      element.setAttribute('class', 'change')
      element.setAttribute('visibility', 'hidden')
      this.layer.append(element)
      this.dots.add({ element, from, to, startAt: performance.now() + (i * spreadMs) / many })
    }
    if (this.dots.size > 0 && this.frame === 0) this.frame = requestAnimationFrame(this.step)
  }

  private readonly step = (now: number): void => {
    for (const dot of this.dots) {
      const way = (now - dot.startAt) / travelMs
      if (way < 0) continue
      if (way > 1) {
        dot.element.remove()
        this.dots.delete(dot)
        continue
      }
      dot.element.setAttribute('visibility', 'visible')
      dot.element.setAttribute('cx', String(dot.from.x + (dot.to.x - dot.from.x) * way))
      dot.element.setAttribute('cy', String(dot.from.y + (dot.to.y - dot.from.y) * way))
    }
    this.frame = this.dots.size > 0 ? requestAnimationFrame(this.step) : 0
  }
}
